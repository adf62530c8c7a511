import { describe, expect, it } from "vitest";
import type { Uart, UartSettings } from "../boards/platform.ts";
import { toHex } from "../protocols/bytes.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { askedLine } from "./asked-line.ts";
import { askedSensor } from "./asked-sensor.ts";
import type { AskedDriver, AskedHost } from "./driver.ts";

const settings: UartSettings = { baud: 300, dataBits: 8, parity: "none", stopBits: 1 };
const columns = [{ quantity: "temperature", exponent: 0 }] as const;

/** Asks with its number, changes the speed where it is told to, and takes one byte as its value. */
function driver(
  number: number,
  more: { readonly faster?: boolean; readonly baud?: number } = {},
): AskedDriver {
  return {
    kind: "asked",
    name: `asked-${number}`,
    title: "",
    datasheet: "",
    options: [],
    columns: () => columns,
    fresh: 1000,
    silence: 1000,
    warmUp: 0,
    advice: {
      noBytes: { en: "is it there?", de: "Ist er da?" },
      noMeasurement: { en: "is it right?", de: "Ist er richtig?" },
    },
    examples: [],
    settings: () => ({ ...settings, baud: more.baud ?? settings.baud }),
    session: () => {
      let deadline: number | null = null;
      const end = (host: AskedHost) => {
        deadline = null;
        host.done();
      };
      return {
        get deadline() {
          return deadline;
        },
        start(now, host) {
          deadline = now + 500;
          if (more.faster) {
            host.line({ ...settings, baud: 9600 });
          }
          host.send(new Uint8Array([number]));
        },
        push(bytes, _now, host) {
          if (deadline !== null && bytes[0] === number) {
            host.measured(columns, [bytes[1]!]);
            end(host);
          }
        },
        tick(now, host) {
          if (deadline !== null && now >= deadline) {
            host.fault(fault("silent", "no answer"));
            end(host);
          }
        },
        closed(why, host) {
          if (deadline !== null) {
            host.fault(why);
            end(host);
          }
        },
      };
    },
  };
}

/** A port in the test's hands. */
class Port implements Uart {
  written: string[] = [];
  opened: number[] = [];
  isOpen = false;
  bytes: (bytes: Uint8Array) => void = () => {};
  state: (state: Fault | null) => void = () => {};

  open({ baud }: UartSettings, onBytes: Port["bytes"], onState: Port["state"]): void {
    this.opened.push(baud);
    this.bytes = onBytes;
    this.state = (state) => {
      this.isOpen = state === null;
      onState(state);
    };
  }

  write(bytes: Uint8Array): void {
    this.written.push(toHex(bytes));
  }

  close(): void {
    this.isOpen = false;
  }
}

function table() {
  const port = new Port();
  const line = askedLine(() => port);
  const clock = { now: 0, monotonic: () => clock.now, unix: () => null };
  const faults: string[] = [];
  const add = (asks: AskedDriver) =>
    askedSensor(
      asks,
      {},
      { label: asks.name, clock, line },
      {
        onFault: (bad) => faults.push(`${bad.fault} ${bad.detail}`),
        onNews: () => {},
      },
    );
  return { port, clock, faults, add };
}

describe("a sensor that is asked over a serial line", () => {
  it("is asked once for a row, and gives it when the answer has come", () => {
    const { port, clock, add } = table();
    const sensor = add(driver(1));
    expect(sensor.open(0)).toBeNull();
    port.state(null);
    expect(sensor.settled(0, 0)).toBe(false);
    expect(sensor.settled(0, 0)).toBe(false);
    expect(port.written).toEqual(["01"]);
    expect(sensor.wait(0, 100)).toBe(400);
    clock.now = 120;
    port.bytes(new Uint8Array([1, 21]));
    expect(sensor.settled(0, 120)).toBe(true);
    expect(sensor.fresh(120)).toMatchObject({ values: [21] });
    expect(sensor.wait(60_000, 120)).toBe(59_880);
    expect(sensor.fresh(1200)).toBeNull();
  });

  it("that is silent costs its row, and is told once with what to do", () => {
    const { port, faults, add } = table();
    const sensor = add(driver(1));
    sensor.open(0);
    port.state(null);
    for (const due of [0, 60_000]) {
      sensor.settled(due, due);
      expect(sensor.settled(due, due + 499)).toBe(false);
      expect(sensor.settled(due, due + 500)).toBe(true);
      expect(sensor.fresh(due + 500)).toBeNull();
    }
    expect(faults.filter((text) => text.includes("is it there?"))).toHaveLength(1);
    expect(faults.filter((text) => text === "silent no answer")).toHaveLength(2);
  });

  it("waits for its turn where others are on the line, with a pause between them", () => {
    const { port, clock, add } = table();
    const [first, second] = [add(driver(1)), add(driver(2))];
    first.open(0);
    second.open(0);
    port.state(null);
    expect(port.opened).toEqual([300]);
    first.settled(0, 0);
    expect(second.settled(0, 0)).toBe(false);
    expect(port.written).toEqual(["01"]);
    clock.now = 100;
    port.bytes(new Uint8Array([1, 20]));
    expect(first.settled(0, 100)).toBe(true);
    expect(second.settled(0, 120)).toBe(false);
    expect(port.written).toEqual(["01"]);
    second.settled(0, 150);
    expect(port.written).toEqual(["01", "02"]);
    clock.now = 200;
    port.bytes(new Uint8Array([2, 30]));
    expect(second.settled(0, 200)).toBe(true);
    first.close();
    expect(port.isOpen).toBe(true);
    second.close();
    expect(port.isOpen).toBe(false);
  });

  it("may not join a line that goes at another speed", () => {
    const { add } = table();
    add(driver(1)).open(0);
    expect(add(driver(2, { baud: 9600 })).open(0)).toMatchObject({ fault: "bus" });
  });

  it("changes the line's speed, and sends once it is open again", () => {
    const { port, add } = table();
    const sensor = add(driver(1, { faster: true }));
    sensor.open(0);
    port.state(null);
    sensor.settled(0, 0);
    expect(port.opened).toEqual([300, 9600]);
    expect(port.written).toEqual([]);
    port.state(null);
    expect(port.written).toEqual(["01"]);
  });

  it("ends its row when the port is gone, and tries the next when it is back", () => {
    const { port, clock, faults, add } = table();
    const sensor = add(driver(1));
    sensor.open(0);
    port.state(null);
    sensor.settled(0, 0);
    port.state(fault("bus", "the adapter was pulled out"));
    expect(sensor.settled(0, 10)).toBe(true);
    expect(faults.some((text) => text.includes("pulled out"))).toBe(true);
    port.state(null);
    sensor.settled(60_000, 60_000);
    clock.now = 60_020;
    port.bytes(new Uint8Array([1, 22]));
    expect(sensor.settled(60_000, 60_020)).toBe(true);
    expect(sensor.fresh(60_020)).toMatchObject({ values: [22] });
  });
});
