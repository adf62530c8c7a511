import type { Crypto } from "../protocols/crypto.ts";
import type { Fault } from "../protocols/fault.ts";
import type { Link } from "../protocols/link.ts";

/**
 * The ports: what the firmware core asks of hardware. Types only. Ports use callbacks, because Espruino has no `await`, Firmata
 * answers later and a simulated bus answers at once. Durations are milliseconds.
 */

export interface Clock {
  /** Milliseconds since boot; never runs backwards, never jumps. */
  monotonic(): number;
  /** Unix time in milliseconds where the platform itself knows it is right (NTP, GNSS); null otherwise. */
  unix(): number | null;
}

export interface Random {
  /** Bytes from a source fit for keys. */
  bytes(count: number): Uint8Array;
}

/**
 * Small append-only files that survive a power cut. An appended record is either there whole after a restart or was never
 * reported as appended. Nothing is ever overwritten in place.
 */
export interface Storage {
  /** The whole content, empty where the file does not exist yet; a Fault where it cannot be read. */
  read(name: string): Uint8Array | Fault;
  /** Appends and makes durable before it returns; null or the Fault. */
  append(name: string, bytes: Uint8Array): Fault | null;
  /** Puts a file's new content in place of the old, whole or not at all. */
  replace(name: string, bytes: Uint8Array): Fault | null;
  /**
   * Overwrites a small file's beginning without making it durable: it outlives the process at once, and a power cut only by luck, perhaps
   * torn. Not there on boards, where nothing ends but by the power.
   */
  scratch?(name: string, bytes: Uint8Array): void;
}

/**
 * Pages of flash of a board that belong to one purpose: erased whole, in which bits only go from 1 to 0. Between two erasures each unit of 8 bytes is
 * written once, and once more with zeros at most, which all chips here take (nRF52832 PS 1.4, n_WRITE: 181 writes of 512 bytes; nRF52840: 2 of a
 * word). What a write or an erasure made is seen by reading. Bytes are characters of texts (byte-text.ts); `at` counts from the first page on.
 */
export interface FlashPages {
  readonly pageBytes: number;
  readonly pages: number;
  read(at: number, length: number): string;
  /** `at` and the length are multiples of 8. */
  write(at: number, bytes: string): void;
  erase(page: number): void;
  /** CRC-32 (IEEE 802.3), unsigned. */
  crc(bytes: string): number;
}

export interface I2c {
  /**
   * Writes `command` to the 7-bit address, waits `conversion` ms, reads `length` bytes (0: none). Calls back once, with what was
   * read (fewer bytes than asked are possible) or the Fault.
   */
  transfer(
    order: {
      readonly address: number;
      readonly command: Uint8Array;
      readonly conversion: number;
      readonly length: number;
    },
    done: (answer: Uint8Array | Fault) => void,
  ): void;
}

export interface UartSettings {
  readonly baud: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even";
  readonly stopBits: 1 | 2;
  /** When nothing came for this long behind what came, ms, `onBytes` is called once without bytes. A platform may leave it out. */
  readonly idle?: number;
}

export interface Uart {
  /** Starts to listen. `onState` is called with null once the line is open, and with a Fault whenever it cannot be or is lost; the port tries again by itself. */
  open(
    settings: UartSettings,
    onBytes: (bytes: Uint8Array) => void,
    onState: (state: Fault | null) => void,
  ): void;
  write(bytes: Uint8Array): void;
  /** Goes on at another baud once what was written before is out. Absent where a line has to be opened anew for that. */
  change?(baud: number): void;
  close(): void;
}

/** Counts a contact or an S0 output. One pulse is one falling edge that lasts. */
export interface Pulse {
  /** Starts to count. `onPulse` is called once for each pulse, with its time (ms, monotonic); what is shorter than `debounce` ms is none. */
  open(debounce: number, onPulse: (time: number) => void): void;
  close(): void;
}

export interface Analog {
  /** Calls back once with the voltage as a fraction of the full scale, 0 to 65535, or the Fault. */
  read(done: (level: number | Fault) => void): void;
}

/** Something a technician can see: an LED, a line on the console. */
export interface Indicator {
  identify(duration: number): void;
}

/** What a platform gives one device. Buses are named as the installation names them, e.g. "i2c-1" or "/dev/ttyUSB0". */
export interface Platform {
  readonly board: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly storage: Storage;
  readonly crypto: Crypto;
  readonly link: Link;
  readonly indicator: Indicator;
  i2c(bus: string): I2c | Fault;
  uart(port: string): Uart | Fault;
  pulse(pin: string): Pulse | Fault;
  analog(pin: string): Analog | Fault;
  /** Starts the device anew (command `restart`). */
  restart(): void;
}
