/** What a bundle sees of a board, on Node in virtual time: Espruino's globals over the machine's own crypto, an SHT31 and a serial line. */
import { createCipheriv, createHash } from "node:crypto";
import { createContext, runInContext } from "node:vm";
import { seeded } from "../../boards/platforms/seeded.ts";
import { crc32 } from "../../boards/platforms/simulated-pages.ts";
import { sht31Chip } from "../../boards/platforms/simulated-sensors.ts";
import { VirtualTime } from "../../boards/platforms/timers.ts";
import { bytesOf, byteText } from "../../protocols/cbor-small.ts";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import { SimulatedFlash } from "./simulated-flash.ts";

export class StubBoard {
  readonly time = new VirtualTime();
  readonly flash: SimulatedFlash;
  /** Of the SHT31; null while it is unplugged. */
  air: { temperature: number; humidity: number } | null = { temperature: 2100, humidity: 500 };
  onFrame: (frame: Uint8Array) => void = () => {};
  printed: string[] = [];
  /** Where its console went, one after the other. */
  consoles: (string | null)[] = [];
  reboots = 0;
  /** How often the program said that the gateway has acknowledged something. */
  confirmed = 0;
  globals: Record<string, unknown> = {};
  /** What else it has: globals, and modules to require. */
  more: Record<string, unknown> = {};
  modules: Record<string, unknown> = {};
  /** Whether its AES gives right answers. */
  aesIsRight = true;
  #onText: ((text: string) => void) | null = null;
  readonly #dice = seeded(1);

  constructor(flash = new SimulatedFlash(seeded(1))) {
    this.flash = flash;
    if (!flash.files.has("epochs0")) {
      const file = new Uint8Array(2048).fill(255);
      file.set([1, 254, 0, 0], 4); // what the set-up script makes
      flash.files.set("epochs0", file);
    }
  }

  /** What runs on it. */
  program = "";

  run(code: string): void {
    this.program = code;
    this.globals = this.#globals();
    runInContext(code, createContext(this.globals));
  }

  /** A frame from the gateway. */
  sendDown(frame: Uint8Array): void {
    const text = byteText(encodeFrame(frame));
    this.time.after(5, () => this.#onText?.(text));
  }

  /** Its frames over Bluetooth; who is returned connects and disconnects. */
  withRadio(): Record<string, () => void> {
    const events: Record<string, () => void> = {};
    this.more["Bluetooth"] = this.#serial();
    this.more["NRF"] = {
      setAdvertising: () => {},
      on: (event: string, take: () => void) => {
        events[event] = take;
      },
      disconnect: () => events["disconnect"]?.(),
    };
    return events;
  }

  #globals(): Record<string, unknown> {
    const { time } = this;
    const timers = new Map<number, () => void>();
    let next = 1;
    const after = (run: () => void, delay: number) => {
      const id = next++;
      timers.set(id, time.after(delay, run));
      return id;
    };
    return {
      Uint8Array,
      Int8Array,
      Int16Array,
      Int32Array,
      console: { log: (text: string) => this.printed.push(text) },
      atob,
      getTime: () => time.monotonic() / 1000,
      setTimeout: after,
      clearTimeout: (id: number) => timers.get(id)?.(),
      setInterval: (run: () => void, period: number) => {
        const again = () => {
          timers.set(id, time.after(period, again));
          run();
        };
        const id = next++;
        timers.set(id, time.after(period, again));
        return id;
      },
      clearInterval: (id: number) => timers.get(id)?.(),
      digitalWrite: () => {},
      require: (module: string) =>
        this.modules[module] ?? (module === "Storage" ? this.flash : this.#crypto()),
      E: {
        hwRand: () => Math.floor(this.#dice() * 0x100000000) | 0,
        enableWatchdog: () => {},
        CRC32: crc32,
        kickWatchdog: () => {},
        reboot: () => {
          this.reboots++;
        },
        setPassword: () => {},
        lockConsole: () => {},
        setConsole: (port: string | null) => this.consoles.push(port),
        toUint8Array: (text: string) => bytesOf(text),
        toString: (bytes: Uint8Array | string) => (typeof bytes === "string" ? bytes : byteText(bytes)),
      },
      slot: {
        confirm: () => {
          this.confirmed++;
        },
      },
      I2C1: this.#i2c(),
      Serial1: this.#serial(),
      ...this.more,
    };
  }

  #crypto() {
    const bare = (data: Uint8Array) =>
      data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
    return {
      SHA256: (data: Uint8Array) => bare(new Uint8Array(createHash("sha256").update(data).digest())),
      AES: {
        encrypt: (text: string, key: Uint8Array, { mode }: { mode: "CBC" | "ECB" }) => {
          const data = bytesOf(text);
          const iv = mode === "CBC" ? new Uint8Array(16) : null;
          const cipher = createCipheriv(`aes-128-${mode.toLowerCase()}`, key, iv).setAutoPadding(false);
          const out = new Uint8Array(Buffer.concat([cipher.update(data), cipher.final()]));
          out[0] ^= this.aesIsRight ? 0 : 1;
          return bare(out);
        },
      },
    };
  }

  #i2c() {
    const chip = sht31Chip(() => this.air);
    let answer: Uint8Array | null = null;
    return {
      setup: () => {},
      writeTo: (_address: number, command: Uint8Array) => {
        answer = chip(command, 6);
        if (answer === null) {
          throw new Error("I2C Write Error 1");
        }
      },
      readFrom: (_address: number, length: number) => (answer ?? new Uint8Array(0)).subarray(0, length),
    };
  }

  #serial() {
    const reader = new FrameReader();
    return {
      setup: () => {},
      removeAllListeners: () => {},
      on: (_event: string, take: (text: string) => void) => {
        this.#onText = take;
      },
      write: (given: Uint8Array | string) =>
        reader.push(
          typeof given === "string" ? bytesOf(given) : given,
          (frame) => this.onFrame(frame),
          (bad) => {
            throw new Error(bad.detail);
          },
        ),
    };
  }
}
