/** What is used of johnny-five and of its io layer; neither brings types of its own. */

declare module "firmata-io" {
  import type { EventEmitter } from "node:events";

  export interface Transport extends EventEmitter {
    write(bytes: Uint8Array, done: () => void): void;
  }

  export class Firmata extends EventEmitter {
    constructor(transport: Transport, options: { reportVersionTimeout: number });
    readonly MODES: { readonly PULLUP: number; readonly ANALOG: number };
    /** What has come of a message; grows without end where none ends. */
    readonly buffer: number[];
    readonly pins: readonly { readonly supportedModes: readonly number[] }[];
    /** Pin of each analogue input. */
    readonly analogPins: readonly number[];
    readonly reportVersionTimeoutId: NodeJS.Timeout;
  }

  const bindTransport: { Firmata: typeof Firmata };
  export default bindTransport;
}

/** Of Johnny-Five only its board: all of it would be three quarters of a megabyte. */
declare module "johnny-five/lib/board.js" {
  import type { EventEmitter } from "node:events";
  import type { Firmata } from "firmata-io";

  export default class Board extends EventEmitter {
    constructor(options: { io: Firmata; repl: boolean; debug: boolean; sigint: boolean });
    readonly io: Firmata;
    readonly RESOLUTION: { readonly ADC: number };
    i2cConfig(delay: number): this;
    i2cWrite(address: number, bytes: number[]): this;
    i2cReadOnce(address: number, length: number, done: (bytes: number[]) => void): this;
    analogRead(input: number, onValue: (value: number) => void): this;
    digitalRead(pin: number, onLevel: (level: 0 | 1) => void): this;
    pinMode(pin: number, mode: number): this;
    samplingInterval(ms: number): this;
  }
}
