/**
 * What the files beside this one use of Espruino's own objects (interpreter 2v29). Types only: each file declares the globals it
 * needs, so that nothing else in the house can reach them.
 */

/** `E`: what belongs to the interpreter. */
export interface EspruinoE {
  /** 32 bits of the chip's own random source, signed. */
  hwRand(): number;
  /** With `auto` false, only kickWatchdog keeps the board from starting anew. */
  enableWatchdog(seconds: number, auto: boolean): void;
  kickWatchdog(): void;
  reboot(): void;
  setPassword(password: string): void;
  lockConsole(): void;
  /** null takes the console away from every line; with `force` it does not come back when a cable is plugged in. */
  setConsole(device: string | null, options: { readonly force: boolean }): void;
  /** Bytes or a text as one text in one piece of memory, characters 0 to 255. */
  toString(bytes: Uint8Array | string): string;
  /** The bytes of such a text. */
  toUint8Array(text: string): Uint8Array;
  /** Of bytes, unsigned. */
  CRC32(text: string): number;
}

/** `require("Storage")`: named files in flash. Its traps are told where it is used, in espruino-storage.ts. */
export interface EspruinoStorage {
  /** The file where it lies in flash; nothing is copied. */
  readArrayBuffer(name: string): ArrayBuffer | undefined;
  write(name: string, data: Uint8Array | string, offset: number, size: number): boolean;
  erase(name: string): void;
  /** Bytes of the largest file that fits without tidying up. */
  getFree(): number;
}

/**
 * `require("Flash")`: flash by its address. What stands in quotes is asked in quotes: our own members of that name may then be shortened
 * (scripts/board-build/native-names.ts).
 */
export interface EspruinoFlash {
  read(length: number, address: number): Uint8Array;
  write(data: string, address: number): void;
  erasePage(address: number): void;
  getFree(): readonly { readonly addr: number; readonly length: number }[];
}

/** `require("crypto")`; `AES` only where the board has it. */
export interface EspruinoCrypto {
  SHA256(data: Uint8Array): ArrayBuffer;
  readonly AES: {
    encrypt(
      data: Uint8Array | string,
      key: Uint8Array,
      options: { readonly mode: "CBC" | "ECB" },
    ): ArrayBuffer;
  };
}

/** `I2C1` and its like. */
export interface EspruinoI2c {
  setup(pins: { readonly scl: string; readonly sda: string; readonly bitrate?: number }): void;
  writeTo(address: number, bytes: Uint8Array): void;
  readFrom(address: number, length: number): Uint8Array;
}

/** `Serial1`, `USB`, `Bluetooth` and their like. */
export interface EspruinoSerial {
  /** What is not given: 8 bits, no parity, 1 stop bit, the port's own pins. */
  setup(baud: number, options: Partial<EspruinoSerialOptions>): void;
  on(event: "data", take: (text: string) => void): void;
  removeAllListeners(event: "data"): void;
  write(bytes: Uint8Array | string): void;
}

export interface EspruinoSerialOptions {
  readonly rx: string | undefined;
  readonly tx: string | undefined;
  readonly path: string | undefined;
  readonly bytesize: 7 | 8;
  readonly parity: "none" | "even";
  readonly stopbits: 1 | 2;
}

/** `require("net")`. */
export interface EspruinoNet {
  connect(to: { readonly host: string; readonly port: number }, connected: () => void): EspruinoSocket;
}

export interface EspruinoSocket {
  on(event: "data", take: (text: string) => void): void;
  on(event: "close" | "error", take: () => void): void;
  write(text: string): void;
  end(): void;
}

/** `require("Wifi")`, in the interpreters of the ESP32 family. */
export interface EspruinoWifi {
  /** Calls back with null once the network is joined; some failures are not told. */
  connect(
    ssid: string,
    options: { readonly password?: string },
    joined: (error: string | null | undefined) => void,
  ): void;
}

/** `NRF`: the Bluetooth radio, also of the ESP32 family. */
export interface EspruinoRadio {
  setAdvertising(data: object, options: { readonly name: string; readonly interval: number }): void;
  on(event: "connect" | "disconnect", take: () => void): void;
  /** Ends the connection that somebody made to the board. */
  disconnect(): void;
}

/** What `setWatch` is told. */
export interface EspruinoWatch {
  readonly repeat: boolean;
  readonly edge: "falling";
  /** ms */
  readonly debounce: number;
}

/** The global object, as far as it is asked by name: buses, pins and modules that differ from board to board. */
export interface EspruinoGlobal {
  readonly [name: string]: unknown;
  /** Loads a module of the interpreter. Called as a member, since esbuild takes a bare `require` for a file to bundle. */
  require(module: string): unknown;
}

/** The global `slot`, by the loader (firmware/loader.ts); not there where the program was started by hand. */
export interface EspruinoSlot {
  confirm(): void;
}

/** The global `dreihasen`: the device, for a technician at the console. */
export interface EspruinoDevice {
  /**
   * Epoch, ms since boot, messages in the outbox, faults by code, values of the last row as the driver has them; where the outbox spills
   * to flash also what lies there (Spill.status).
   */
  status(): readonly unknown[];
  /** Lets the light blink, ms. */
  identify(duration: number): void;
}

/** What programs on the same board leave for each other. */
export interface EspruinoShared {
  slot?: EspruinoSlot;
  dreihasen?: EspruinoDevice;
}
