import { crcHolds, rtuFrame } from "./modbus-rtu-frame.ts";
import { TcpFrames, tcpFrame } from "./modbus-tcp-frame.ts";

const transactions = 65536;

/**
 * A Modbus/TCP connection as a line on which RTU is spoken: each request gets a transaction number of its own, and only the answer that
 * carries the number of the last one passes, once, so that no late one is counted for another (Modbus Messaging on TCP/IP V1.0b §4.2).
 */
export class TcpLine {
  private frames = new TcpFrames();
  private transaction = 0;
  private asked = false;

  /** Whether the last request waits for its answer. */
  get waits(): boolean {
    return this.asked;
  }

  /** What came was no Modbus/TCP: nothing behind it can be found on this connection. */
  get broken(): boolean {
    return this.frames.broken;
  }

  /** A request of RTU as the connection's frame; null for what is no frame of RTU. */
  request(rtu: Uint8Array): Uint8Array | null {
    if (rtu.length < 4 || !crcHolds(rtu, 0, rtu.length)) {
      return null;
    }
    this.transaction = (this.transaction + 1) % transactions;
    this.asked = true;
    const pdu = rtu.subarray(1, rtu.length - 2);
    return tcpFrame({ transaction: this.transaction, unit: rtu[0], pdu: pdu });
  }

  /** What came, in any pieces; gives the answer that was waited for as a frame of RTU, or null. */
  push(bytes: Uint8Array): Uint8Array | null {
    const frames = this.frames.push(bytes);
    for (let i = 0; i < frames.length; i++) {
      if (this.asked && frames[i].transaction === this.transaction) {
        this.asked = false;
        return rtuFrame(frames[i].unit, frames[i].pdu);
      }
    }
    return null;
  }

  /** The connection is another one. Its numbers go on, so that what the old one owed is nobody's. */
  anew(): void {
    this.frames = new TcpFrames();
    this.asked = false;
  }
}
