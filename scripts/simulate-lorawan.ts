/** `hasen simulate lorawan`: a network server that tells of its sensors on a broker. */
import { connectAsync } from "mqtt";
import { problem } from "../gateway/problem.ts";
import { say } from "../gateway/words/words.ts";
import { LorawanAir, lorawanNodes, lorawanServers } from "../hil-tests/meters/lorawan-node.ts";
import { askedToStop, profileOf, type SimulateOrder } from "./simulate-order.ts";
import type { Streams } from "./streams.ts";

/** Between two uplinks, ms; real sensors take minutes. */
const period = 2000;
const connectMax = 5000; // ms

export async function simulateLorawan(order: SimulateOrder, streams: Streams): Promise<number> {
  const server = profileOf(lorawanServers, order);
  const air = new LorawanAir(server, order.seed);
  if (order.once) {
    streams.stdout.write(`${air.next().text}\n`);
    return 0;
  }
  const { port: url, lang } = order;
  if (url === undefined) {
    throw problem("SIM-065", {});
  }
  const client = await connectAsync(url, { connectTimeout: connectMax, reconnectPeriod: 0 }, false).catch(
    () => {
      throw problem("SIM-071", { url }, { where: url });
    },
  );
  const timer = setInterval(() => {
    const { topic, text } = air.next();
    client.publish(topic, text, { qos: 1 });
  }, period / order.speed);
  try {
    const meters = lorawanNodes.map(
      ({ devEui, codec }, i) =>
        `{ name: pb-test-lorawan-${i + 1}, language: lorawan, port: "${url}", devEui: ${devEui}, codec: ${codec} }`,
    );
    const sentences = [
      say(lang, "simulate.publishes", { server, url }),
      say(lang, "simulate.tryBroker", { config: `meters: [${meters.join(", ")}]` }),
      say(lang, "simulate.others", { profiles: lorawanServers.join(", ") }),
      say(lang, "simulate.end"),
    ];
    streams.stderr.write(`${sentences.join("\n")}\n`);
    streams.stdout.write(`${url}\n`);
    await askedToStop(order.stop);
    return 0;
  } finally {
    clearInterval(timer);
    await client.endAsync();
  }
}
