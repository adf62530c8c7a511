/** A TCP connection as an MQTT broker should see it: no packet longer than it may be, and none collected before that is known. */
import { Duplex } from "node:stream";

export interface LineLimits {
  /** Most bytes of the first packet (CONNECT), header included. */
  readonly first: number;
  /** Most bytes of any later packet, header included. */
  readonly later: number;
}

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

  constructor(limits: LineLimits) {
    this.limits = limits;
  }

  /** False as soon as a header claims too much or is none. After that, feed no more. */
  feed(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.state === "type") {
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

/** The wire with a walk before its reading side; destroyed, after `onTooLong`, by the first packet that is too long. */
export class BoundedLine extends Duplex {
  private readonly wire: Duplex;

  constructor(wire: Duplex, limits: LineLimits, onTooLong: () => void) {
    super();
    this.wire = wire;
    const walk = new PacketWalk(limits);
    wire.on("data", (chunk: Buffer) => {
      if (!walk.feed(chunk)) {
        onTooLong();
        this.destroy();
      } else if (!this.push(chunk)) {
        wire.pause();
      }
    });
    wire.on("end", () => this.push(null));
    wire.on("error", (error) => this.destroy(error));
    wire.on("close", () => this.destroy());
  }

  override _read(): void {
    this.wire.resume();
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
