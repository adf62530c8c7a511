import { crc8 } from "../../protocols/crc.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import type { I2c, Uart } from "../platform.ts";
import type { Timers } from "./timers.ts";

/** Sensors that speak the bytes of their datasheets, so that the shipped drivers read them. */

/** A chip on an I2C bus: answers a command, or null where it does not. */
export type Chip = (command: Uint8Array, length: number) => Uint8Array | null;

/** A bus with chips by address. An answer comes after the conversion time; nobody at the address is a bus fault. */
export function simulatedI2c(timers: Timers, chips: Readonly<Record<number, Chip>>): I2c {
  return {
    transfer: ({ address, command, conversion, length }, done) => {
      const answer = chips[address]?.(command, length) ?? null;
      timers.after(conversion, () =>
        done(answer ?? fault("bus", `no answer from I2C address ${address}: check its wires and supply`)),
      );
    },
  };
}

/** A Sensirion SHT31; `air` gives hundredths of Cel and tenths of %RH, or null while the chip is gone. */
export function sht31Chip(
  air: () => { readonly temperature: number; readonly humidity: number } | null,
): Chip {
  return (command, length) => {
    const now = air();
    if (now === null || command[0] !== 0x24 || command[1] !== 0x00) {
      return null;
    }
    const answer = new Uint8Array(6);
    writeWord(answer, 0, Math.round(((now.temperature + 4500) * 65535) / 17500));
    writeWord(answer, 3, Math.round((now.humidity * 65535) / 1000));
    return answer.subarray(0, length);
  };
}

/** A word as Sensirion sends it: high byte, low byte, checksum. */
function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >> 8;
  bytes[at + 1] = word & 255;
  bytes[at + 2] = crc8(bytes, at, at + 2);
}

/** A Plantower frame of particulate matter in ug/m3. */
export function pmsFrame(air: {
  readonly pm1: number;
  readonly pm25: number;
  readonly pm10: number;
}): Uint8Array {
  const frame = new Uint8Array(32);
  const view = new DataView(frame.buffer);
  [0x424d, 28, air.pm1, air.pm25, air.pm10, air.pm1, air.pm25, air.pm10].forEach((word, i) => {
    view.setUint16(2 * i, word);
  });
  view.setUint16(
    30,
    frame.reduce((sum, byte) => sum + byte, 0),
  );
  return frame;
}

/** An A02YYUW frame of a distance in mm. */
export function distanceFrame(distance: number): Uint8Array {
  const high = distance >> 8;
  const low = distance & 255;
  return new Uint8Array([0xff, high, low, (0xff + high + low) & 255]);
}

/** A line on which something says bytes every `period` ms; null: it says nothing this time. */
export function simulatedUart(options: {
  readonly timers: Timers;
  readonly period: number;
  readonly say: (time: number) => Uint8Array | null;
  /** Why the line cannot be opened; null when it can. */
  readonly broken?: () => Fault | null;
}): Uart {
  const { timers, period, say, broken = () => null } = options;
  let stop = () => {};
  return {
    open: (_settings, onBytes, onState) => {
      onState(broken());
      const next = () => {
        stop = timers.after(period, () => {
          const bytes = broken() === null ? say(timers.monotonic()) : null;
          next();
          if (bytes !== null) {
            onBytes(bytes);
          }
        });
      };
      next();
    },
    write: () => {},
    close: () => stop(),
  };
}
