/** A gateway on a device whose power goes away: what reached the device is copied, mounted elsewhere, and a gateway is started on it. */
import { seededRandom } from "../../gateway/spool/simulated-disk.ts";
import { until } from "../programs.ts";
import { openCity, Receiver } from "../street/city.ts";
import { patience } from "./crashes.ts";
import { deadSink, Hall } from "./hall.ts";
import { copyOf, imageOf, MountedFolder } from "./mounted-folder.ts";

export interface PowerCutOptions {
  readonly cuts: number;
  readonly seed: number;
  /** Programs to start the gateway under. */
  readonly under?: readonly string[];
  /** Whether it lives on after the last cut, and everything must arrive. */
  readonly heal?: boolean;
}

export interface PowerCuts {
  readonly cuts: number;
  readonly acknowledged: number;
  /** What was wrong after which cut. */
  readonly wrong: readonly string[];
}

/**
 * One gateway, its power cut so many times under load: in turn with nobody to take what it has, and while the city takes it. ext4 is
 * shut down at the instant without its journal (FS_IOC_SHUTDOWN), so that only what was synced or written back is on the device.
 */
export async function cutPower(options: PowerCutOptions): Promise<PowerCuts> {
  const { cuts, seed, under = [], heal = true } = options;
  const random = seededRandom(seed);
  const city = await openCity();
  const liveSink = `{ kind: mqtt, name: city, url: "mqtt://127.0.0.1:${city.port}", protocol: ${city.protocol}, batch: 10 }`;
  let image = imageOf(24);
  let disk = await MountedFolder.mount("-o", "loop", image.path);
  const hall = await Hall.open({ folder: disk.path, window: 32 });
  const wrong: string[] = [];
  const receiver = new Receiver({ onRecord: (arrival) => hall.truth.deliver(arrival), onGap: () => {} });
  try {
    await receiver.start(city, "dreihasen/city");
    for (let cut = 1; cut <= cuts; cut++) {
      const draining = cut % 2 === 0;
      hall.sink = draining ? liveSink : deadSink;
      await hall.start({ under: [...disk.under, ...under], inside: disk.inside });
      const enough = hall.acknowledged + 20 + Math.floor(random() * 250);
      hall.send(160);
      await until("messages are acknowledged", () => hall.acknowledged >= enough, patience);
      disk.cutPower();
      const device = copyOf(image);
      await hall.kill();
      await disk.close();
      image.remove();
      image = device;
      disk = await MountedFolder.mount("-o", "loop", image.path);
      hall.folder = disk.path;
      wrong.push(...(draining ? await owed(hall) : await hall.check()).map((what) => `cut ${cut}: ${what}`));
    }
    if (heal) {
      hall.sink = liveSink;
      await hall.start({ under: disk.under, inside: disk.inside });
      await until("all is acknowledged", () => hall.done, patience);
      await until("everything has arrived", () => hall.truth.missing(new Set()).length === 0, patience);
      await hall.stop();
      wrong.push(...(await hall.check()), ...hall.truth.violations());
    }
    if (receiver.falseRecords > 0) {
      wrong.push(`${receiver.falseRecords} false records`);
    }
    return { cuts, acknowledged: hall.acknowledged, wrong };
  } finally {
    await hall.close();
    await receiver.stop();
    await city.close();
    await disk.close();
    image.remove();
  }
}

/** What is wrong; what the broker has confirmed may take a moment to come to the city's receiver. */
async function owed(hall: Hall): Promise<string[]> {
  let wrong: string[] = [];
  const look = async (): Promise<boolean> => {
    wrong = await hall.check();
    return wrong.length === 0;
  };
  await until("all has come", look).catch(() => {});
  return wrong;
}
