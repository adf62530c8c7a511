import { createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { toHex } from "../../protocols/bytes.ts";
import { rtuFrame } from "../../protocols/modbus-rtu-frame.ts";
import { TcpFrames, tcpFrame } from "../../protocols/modbus-tcp-frame.ts";
import { modbusTcpUart } from "./modbus-tcp-line.ts";

let ends: (() => unknown)[] = [];

afterEach(() => {
  for (const end of ends.reverse()) {
    end();
  }
  ends = [];
});

const request = rtuFrame(1, new Uint8Array([4, 0, 0, 0, 1]));
const answer = (value: number) => new Uint8Array([4, 2, 0, value]);

it("an answer that comes late, on the connection or on the next, is never that of another request", async () => {
  const asked: { socket: Socket; transaction: number }[] = [];
  let told: () => void = () => undefined;
  const server = createServer((socket) => {
    const frames = new TcpFrames();
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (const { transaction } of frames.push(new Uint8Array(bytes))) {
        asked.push({ socket, transaction });
        told();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ends.push(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const line = modbusTcpUart(`tcp://127.0.0.1:${port}`);
  ends.push(() => line.close());
  const states: string[] = [];
  let turned: () => void = () => undefined;
  const heard: string[] = [];
  let came: () => void = () => undefined;
  line.open(
    { baud: 115_200, dataBits: 8, parity: "none", stopBits: 1 },
    (bytes) => {
      heard.push(toHex(bytes));
      came();
    },
    (state) => {
      states.push(state?.detail ?? "open");
      turned();
    },
  );
  const ask = (): Promise<void> =>
    new Promise((resolve) => {
      told = resolve;
      line.write(request);
    });
  const say = (which: number, over: number, value: number) =>
    asked[over]?.socket.write(
      tcpFrame({ transaction: asked[which]?.transaction ?? 0, unit: 1, pdu: answer(value) }),
    );
  const next = () =>
    new Promise<void>((resolve) => {
      came = resolve;
    });
  await ask();
  await ask();
  const second = next();
  say(0, 1, 10);
  say(1, 1, 11);
  say(1, 1, 12);
  await second;
  await ask();
  const lost = new Promise<void>((resolve) => {
    turned = resolve;
  });
  asked[2]?.socket.destroy();
  await lost;
  await ask();
  const fourth = next();
  say(2, 3, 13);
  say(3, 3, 14);
  await fourth;
  expect(heard).toEqual([11, 14].map((value) => toHex(rtuFrame(1, answer(value)))));
  expect(states[0]).toBe("open");
  expect(states).toHaveLength(3);
});
