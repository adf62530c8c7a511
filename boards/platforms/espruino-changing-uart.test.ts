import { afterEach, describe, expect, it, vi } from "vitest";
import { espruinoChangingUart } from "./espruino-changing-uart.ts";
import { VirtualTime } from "./timers.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** The interpreter's port and clock, as far as this one uses them. */
function port() {
  const time = new VirtualTime();
  const speeds: [at: number, baud: number][] = [];
  vi.stubGlobal("getTime", () => time.monotonic() / 1000);
  vi.stubGlobal("setTimeout", (run: () => void, delay: number) => time.after(delay, run));
  vi.stubGlobal("Serial7", {
    setup: (baud: number) => speeds.push([time.monotonic(), baud]),
    removeAllListeners: () => {},
    on: () => {},
    write: () => {},
  });
  const uart = espruinoChangingUart({ port: "Serial7" });
  uart.open(
    { baud: 300, dataBits: 8, parity: "none", stopBits: 1 },
    () => {},
    () => {},
  );
  return { time, speeds, uart };
}

describe("a port whose speed changes", () => {
  it("changes it once what was written before is out", () => {
    const { time, speeds, uart } = port();
    uart.write(new Uint8Array(6));
    uart.change?.(9600);
    expect(speeds).toEqual([[0, 300]]);
    time.advance(199); // six characters of ten bits at 300 baud
    expect(speeds).toHaveLength(1);
    time.advance(100);
    expect(speeds.map(([, baud]) => baud)).toEqual([300, 9600]);
  });

  it("changes it at once where nothing is on its way", () => {
    const { time, speeds, uart } = port();
    uart.write(new Uint8Array(6));
    time.advance(1000);
    uart.change?.(9600);
    expect(speeds).toEqual([
      [0, 300],
      [1000, 9600],
    ]);
  });
});
