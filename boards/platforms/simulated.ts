import type { Crypto } from "../../protocols/crypto.ts";
import { fault } from "../../protocols/fault.ts";
import type { Link } from "../../protocols/link.ts";
import type { Analog, I2c, Platform, Pulse, Random, Storage, Uart } from "../platform.ts";
import type { Timers } from "./timers.ts";

/** A board of parts. The core cannot tell it from one of copper. */
export interface SimulatedParts {
  readonly timers: Timers;
  readonly random: Random;
  readonly storage: Storage;
  readonly crypto: Crypto;
  readonly link: Link;
  /** By the names the installation uses. */
  readonly buses?: Readonly<Record<string, I2c>>;
  readonly lines?: Readonly<Record<string, Uart>>;
  readonly pulses?: Readonly<Record<string, Pulse>>;
  readonly analogs?: Readonly<Record<string, Analog>>;
  /** Unix ms minus monotonic ms where this board has a clock that was set; null, also later, where not. */
  readonly unixOffset?: () => number | null;
  readonly onIdentify?: (duration: number) => void;
  readonly onRestart?: () => void;
}

export function simulatedPlatform(parts: SimulatedParts): Platform {
  const boot = parts.timers.monotonic();
  const monotonic = () => parts.timers.monotonic() - boot;
  return {
    board: "simulated",
    clock: {
      monotonic,
      unix: () => {
        const offset = parts.unixOffset?.() ?? null;
        return offset === null ? null : monotonic() + offset;
      },
    },
    random: parts.random,
    storage: parts.storage,
    crypto: parts.crypto,
    link: parts.link,
    indicator: { identify: (duration) => parts.onIdentify?.(duration) },
    i2c: (bus) => parts.buses?.[bus] ?? fault("bus", `this board has no bus called ${bus}`),
    uart: (port) => parts.lines?.[port] ?? fault("bus", `this board has no port called ${port}`),
    pulse: (pin) => parts.pulses?.[pin] ?? fault("bus", `this board counts no pulses at ${pin}`),
    analog: (pin) => parts.analogs?.[pin] ?? fault("bus", `this board has no analog input called ${pin}`),
    restart: () => parts.onRestart?.(),
  };
}
