import { createHash } from "node:crypto";
import { inflateSync } from "node:zlib";
import { PtyPair } from "./pty-pair.ts";

/** By which an ESP32 is told from others (esptool, CHIP_DETECT_MAGIC_REG_ADDR 0x40001000). */
const magicRegister = 0x40001000;
export const esp32Magic = 0x00f01d83;

const op = {
  memBegin: 0x05,
  memEnd: 0x06,
  memData: 0x07,
  sync: 0x08,
  readRegister: 0x0a,
  changeBaud: 0x0f,
  deflateBegin: 0x10,
  deflateData: 0x11,
  deflateEnd: 0x12,
  md5: 0x13,
  securityInfo: 0x14,
} as const;

export interface EspRomOptions {
  /** What the register says that tells chips apart. */
  readonly magic?: number;
  /** Flash that does not keep what is written. */
  readonly forgets?: boolean;
}

/**
 * The serial loader in an ESP32 at a pseudo-terminal (esptool's serial protocol): takes SLIP packets, refuses what is not well formed,
 * runs a stub that is brought in pieces, inflates what is written, and answers with its MD5. `faults` has what it did not like.
 */
export class EspRom {
  readonly faults: string[] = [];
  readonly flash = new Map<number, Buffer>();
  /** Bytes that were brought into memory, and where they start. */
  stub = 0;
  readonly #options: EspRomOptions;
  readonly #pair: PtyPair;
  #begun = Buffer.alloc(0);
  #isStub = false;
  #write = { size: 0, packed: 0, address: 0, next: 0, parts: [] as Buffer[] };

  constructor(folder: string, options: EspRomOptions = {}) {
    this.#pair = new PtyPair(folder);
    this.#options = options;
  }

  get port(): string {
    return this.#pair.port;
  }

  plugIn(): Promise<void> {
    return this.#pair.open((bytes) => this.#take(bytes));
  }

  unplug(): Promise<void> {
    return this.#pair.close();
  }

  /** Splits at C0, which stands at both ends of a packet (RFC 1055). */
  #take(bytes: Buffer): void {
    this.#begun = Buffer.concat([this.#begun, bytes]);
    for (let end = this.#begun.indexOf(0xc0); end >= 0; end = this.#begun.indexOf(0xc0)) {
      const raw = this.#begun.subarray(0, end);
      this.#begun = this.#begun.subarray(end + 1);
      if (raw.length > 0) {
        this.#packet(unescaped(raw));
      }
    }
  }

  #packet(packet: Buffer): void {
    const command = packet[1] ?? 0;
    const body = packet.subarray(8);
    if (packet[0] !== 0 || packet.readUInt16LE(2) !== body.length) {
      this.faults.push(`packet of ${packet.length} bytes says ${packet.readUInt16LE(2)}`);
      return;
    }
    const checked = command === op.memData || command === op.deflateData;
    if (checked && sumOf(body.subarray(16)) !== packet.readUInt32LE(4)) {
      this.faults.push(`checksum of command ${command}`);
      this.#answer(command, 0, Buffer.from([1, 7]));
      return;
    }
    this.#obey(command, body);
  }

  #obey(command: number, body: Buffer): void {
    switch (command) {
      case op.sync:
        if (body.toString("hex") !== `07071220${"55".repeat(32)}`) {
          this.faults.push("sync");
        }
        for (let i = 0; i < 8; i++) {
          this.#answer(command, this.#isStub ? 0 : 0x20120707);
        }
        break;
      case op.readRegister:
        this.#answer(
          command,
          body.readUInt32LE(0) === magicRegister ? (this.#options.magic ?? esp32Magic) : 0,
        );
        break;
      case op.securityInfo:
        this.#answer(command, 0, Buffer.from([1, 5])); // this chip's loader does not know it
        break;
      case op.memBegin:
        this.#answer(command);
        break;
      case op.memData:
        this.stub += body.readUInt32LE(0);
        this.#answer(command);
        break;
      case op.memEnd:
        this.#answer(command);
        this.#isStub = true;
        this.#send(Buffer.from("OHAI"));
        break;
      case op.changeBaud:
        this.#answer(command);
        break;
      default:
        this.#flash(command, body);
    }
  }

  #flash(command: number, body: Buffer): void {
    const write = this.#write;
    if (command === op.deflateBegin) {
      const [size = 0, blocks = 0, block = 0, address = 0] = [0, 4, 8, 12].map((at) => body.readUInt32LE(at));
      this.#write = { size, packed: blocks * block, address, next: 0, parts: [] };
      this.#answer(command);
    } else if (command === op.deflateData) {
      if (body.readUInt32LE(4) !== write.next || body.readUInt32LE(0) !== body.length - 16) {
        this.faults.push(`block ${body.readUInt32LE(4)} in place of ${write.next}`);
      }
      write.next++;
      write.parts.push(Buffer.from(body.subarray(16)));
      this.#keep();
      this.#answer(command);
    } else if (command === op.deflateEnd) {
      this.#answer(command);
    } else if (command === op.md5) {
      const kept = this.flash.get(body.readUInt32LE(0))?.subarray(0, body.readUInt32LE(4));
      this.#answer(
        command,
        0,
        Buffer.concat([
          createHash("md5")
            .update(kept ?? "")
            .digest(),
          Buffer.from([0, 0]),
        ]),
      );
    } else {
      this.faults.push(`command ${command}`);
      this.#answer(command, 0, Buffer.from([1, 5]));
    }
  }

  /** What has come so far, once it inflates to what was announced. */
  #keep(): void {
    const { parts, size, address } = this.#write;
    try {
      const whole = inflateSync(Buffer.concat(parts));
      if (whole.length !== size) {
        this.faults.push(`${whole.length} bytes in place of ${size}`);
      }
      this.flash.set(address, this.#options.forgets === true ? Buffer.alloc(size, 0xff) : whole);
    } catch {
      // More is to come.
    }
  }

  #answer(command: number, value = 0, body: Buffer = Buffer.from([0, 0])): void {
    const head = Buffer.alloc(8);
    head[0] = 1;
    head[1] = command;
    head.writeUInt16LE(body.length, 2);
    head.writeUInt32LE(value >>> 0, 4);
    this.#send(Buffer.concat([head, body]));
  }

  #send(packet: Buffer): void {
    const escaped = [...packet].flatMap((byte) =>
      byte === 0xc0 ? [0xdb, 0xdc] : byte === 0xdb ? [0xdb, 0xdd] : [byte],
    );
    this.#pair.write(Buffer.from([0xc0, ...escaped, 0xc0]));
  }
}

function unescaped(raw: Buffer): Buffer {
  const out: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i] ?? 0;
    out.push(byte !== 0xdb ? byte : raw[++i] === 0xdc ? 0xc0 : 0xdb);
  }
  return Buffer.from(out);
}

/** EF, and every byte of the data, by exclusive or. */
function sumOf(data: Buffer): number {
  return data.reduce((sum, byte) => sum ^ byte, 0xef);
}
