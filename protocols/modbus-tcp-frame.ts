import { concat, pieceOf } from "./bytes.ts";
import { pduMax } from "./modbus-pdu.ts";

/** Frames of a connection: a header of transaction, protocol 0, length and unit before the PDU (Modbus Messaging on TCP/IP V1.0b §3.1.3). */

const tcpHeader = 7; // bytes
const tcpMax = tcpHeader + pduMax;

export interface TcpFrame {
  readonly transaction: number;
  readonly unit: number;
  readonly pdu: Uint8Array;
}

/** MBAP header and PDU (MODBUS Messaging on TCP/IP V1.0b §3.1.3). */
export function tcpFrame(frame: TcpFrame): Uint8Array {
  const length = frame.pdu.length + 1;
  const transaction = frame.transaction;
  const header = [transaction >> 8, transaction & 255, 0, 0, length >> 8, length & 255, frame.unit];
  return concat([new Uint8Array(header), frame.pdu]);
}

/**
 * Takes the frames out of a stream, however its segments are cut. Once a header is none, nothing behind it can be found: the connection has
 * lost its place and the reader stays broken.
 */
export class TcpFrames {
  broken = false;
  private readonly buffer = new Uint8Array(tcpMax);
  private filled = 0;

  push(bytes: Uint8Array): readonly TcpFrame[] {
    const frames: TcpFrame[] = [];
    let taken = 0;
    while (taken < bytes.length && !this.broken) {
      const part = pieceOf(bytes, taken, this.wanted());
      this.buffer.set(part, this.filled);
      this.filled += part.length;
      taken += part.length;
      this.broken = this.filled >= tcpHeader && !this.isHeader();
      if (!this.broken && this.filled >= tcpHeader && this.wanted() === 0) {
        frames.push(this.frame());
        this.filled = 0;
      }
    }
    return frames;
  }

  /** Bytes that are missing: of the header, then of the frame. */
  private wanted(): number {
    return (this.filled < tcpHeader ? tcpHeader : 6 + this.length()) - this.filled;
  }

  /** Unit and PDU. */
  private length(): number {
    return this.buffer[4] * 256 + this.buffer[5];
  }

  private isHeader(): boolean {
    return this.buffer[2] === 0 && this.buffer[3] === 0 && this.length() >= 2 && this.length() <= pduMax + 1;
  }

  private frame(): TcpFrame {
    return {
      transaction: this.buffer[0] * 256 + this.buffer[1],
      unit: this.buffer[6],
      pdu: new Uint8Array(this.buffer.subarray(tcpHeader, this.filled)),
    };
  }
}
