/** A TCP connection as an MQTT broker should see it: no packet longer than it may be, and none collected before that is known. */
import { Duplex } from "node:stream";

export interface LineLimits {
  /** Most bytes of the first packet (CONNECT), header included. */
  readonly first: number;
  /** Most bytes of any later packet, header included. */
  readonly later: number;
}

const publishType = 3; // MQTT 3.1.1 §2.2.1

/**
 * Walks the fixed headers of MQTT packets (3.1.1 §2.2) through chunks cut anywhere. It keeps a few numbers and no bytes, so
 * a peer that claims a packet of 256 MB costs nothing.
 */
export class PacketWalk {
  private readonly limits: LineLimits;
  private state: "type" | "length" | "body" = "type";
  private body = 0;
  private lengthBytes = 0;
  private first = true;
  /** Whether a PUBLISH was among the packets. */
  publishes = false;

  constructor(limits: LineLimits) {
    this.limits = limits;
  }

  /** Whether the next byte begins a packet. */
  get atBorder(): boolean {
    return this.state === "type";
  }

  /** False as soon as a header claims too much or is none. After that, feed no more. */
  feed(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.state === "type") {
        this.publishes ||= chunk[at]! >> 4 === publishType;
        this.state = "length";
        this.body = 0;
        this.lengthBytes = 0;
        at += 1;
      } else if (this.state === "length") {
        if (!this.lengthByte(chunk[at]!)) {
          return false;
        }
        at += 1;
      } else {
        const step = Math.min(this.body, chunk.length - at);
        this.body -= step;
        at += step;
        this.state = this.body === 0 ? "type" : "body";
      }
    }
    return true;
  }

  /** Remaining length: seven bits a byte, at most four bytes (3.1.1 §2.2.3). */
  private lengthByte(byte: number): boolean {
    this.body += (byte & 127) * 128 ** this.lengthBytes;
    this.lengthBytes += 1;
    if (byte >= 128) {
      return this.lengthBytes < 4;
    }
    const whole = 1 + this.lengthBytes + this.body;
    const fits = whole <= (this.first ? this.limits.first : this.limits.later);
    this.first = false;
    this.state = this.body === 0 ? "type" : "body";
    return fits;
  }
}

/** What takes packets from a line before its reader sees them, and passes the others on. */
export interface LineShortcut {
  read(chunk: Buffer): void;
}

/** The wire with a walk before its reading side; destroyed, after `onTooLong`, by the first packet that is too long. */
export class BoundedLine extends Duplex {
  private readonly wire: Duplex;
  private readonly walk: PacketWalk;
  private readonly onTooLong: () => void;
  private shortcut: LineShortcut | null = null;
  private held = false;

  constructor(wire: Duplex, limits: LineLimits, onTooLong: () => void) {
    super();
    this.wire = wire;
    this.walk = new PacketWalk(limits);
    this.onTooLong = onTooLong;
    wire.on("data", (chunk: Buffer) => {
      if (this.shortcut === null) {
        this.pass(chunk);
      } else {
        this.shortcut.read(chunk);
      }
    });
    wire.on("end", () => this.push(null));
    wire.on("error", (error) => this.destroy(error));
    wire.on("close", () => this.destroy());
  }

  /**
   * Lets a shortcut see first what comes from here on; it passes the rest to `pass`. False where it comes too late: amid a packet, or
   * behind a PUBLISH, which its messages would overtake.
   */
  shorten(shortcut: LineShortcut): boolean {
    if (!this.walk.atBorder || this.walk.publishes) {
      return false;
    }
    this.shortcut = shortcut;
    return true;
  }

  /** Gives bytes to the reader, if no packet among them is too long. */
  pass(bytes: Buffer): void {
    if (this.destroyed) {
      return;
    }
    if (!this.walk.feed(bytes)) {
      this.onTooLong();
      this.destroy();
    } else if (!this.push(bytes)) {
      this.wire.pause();
    }
  }

  /** While held nothing more is read, whoever asks for it. */
  hold(held: boolean): void {
    this.held = held;
    if (held) {
      this.wire.pause();
    } else {
      this.wire.resume();
    }
  }

  override _read(): void {
    if (!this.held) {
      this.wire.resume();
    }
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.wire.write(chunk, done);
  }

  override _writev(
    chunks: { chunk: Buffer; encoding: string }[],
    done: (error?: Error | null) => void,
  ): void {
    this.wire.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.wire.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.wire.destroy();
    done(error);
  }
}
