import { concat } from "../../protocols/bytes.ts";
import { crcHolds, requestLength, rtuFrame } from "../../protocols/modbus-rtu-frame.ts";
import { TcpFrames, tcpFrame } from "../../protocols/modbus-tcp-frame.ts";
import { answerOf, type ModbusUnit } from "./modbus-unit.ts";

/** What is done to an answer on its way: when each piece comes, ms after the request. */
export type ModbusFault =
  | "exception"
  | "short"
  | "wrong-unit"
  | "late"
  | "split"
  | "checksum"
  | "silent"
  | "twice";

/** A piece of an answer. */
export interface ModbusPiece {
  /** ms after the request. */
  readonly after: number;
  readonly bytes: Uint8Array;
}

/** Says what goes wrong with the answer to the n-th request; null for nothing. */
export type ModbusFaults = (number: number) => ModbusFault | null;

const turnaround = 20; // ms
const late = 1500; // ms, beyond a client's patience
const deviceFailure = 4;
const requestMax = 600; // bytes that are kept of what the client sends

/** Units on one RS-485 line or behind one connection. Knows no clock. */
export class ModbusBus {
  private readonly units: ReadonlyMap<number, ModbusUnit>;
  private readonly faults: ModbusFaults;
  private pending: Uint8Array = new Uint8Array(0);
  private frames = new TcpFrames();
  /** Requests that some unit answered. */
  requests = 0;

  constructor(units: Record<number, ModbusUnit>, faults: ModbusFaults = () => null) {
    this.units = new Map(Object.entries(units).map(([unit, registers]) => [Number(unit), registers]));
    this.faults = faults;
  }

  /** Bytes of a client on a serial line; gives what comes back. */
  receive(bytes: Uint8Array): readonly ModbusPiece[] {
    this.pending = concat([this.pending, bytes]).slice(-requestMax);
    const pieces: ModbusPiece[] = [];
    let at = 0;
    while (at < this.pending.length) {
      const length = requestLength(this.pending, at, this.pending.length);
      if (length < 0 || at + length > this.pending.length) {
        break;
      }
      const whole = length > 0 && crcHolds(this.pending, at, length);
      if (whole) {
        const frame = this.pending.subarray(at, at + length);
        pieces.push(...this.answer(frame[0]!, frame.subarray(1, length - 2), rtuFrame));
      }
      at += whole ? length : 1;
    }
    this.pending = this.pending.slice(at);
    return pieces;
  }

  /** The same over a connection. */
  receiveTcp(bytes: Uint8Array): readonly ModbusPiece[] {
    return this.frames
      .push(bytes)
      .flatMap(({ transaction, unit, pdu }) =>
        this.answer(unit, pdu, (from, answer) => tcpFrame({ transaction, unit: from, pdu: answer })),
      );
  }

  private answer(
    address: number,
    pdu: Uint8Array,
    frame: (unit: number, pdu: Uint8Array) => Uint8Array,
  ): readonly ModbusPiece[] {
    const unit = this.units.get(address);
    if (unit === undefined) {
      return [];
    }
    const fault = this.faults(this.requests++);
    const said =
      fault === "exception" ? new Uint8Array([pdu[0]! | 0x80, deviceFailure]) : answerOf(unit, pdu);
    const bytes = frame(fault === "wrong-unit" ? address + 1 : address, said);
    return disturbed(bytes, fault);
  }
}

function disturbed(bytes: Uint8Array, fault: ModbusFault | null): readonly ModbusPiece[] {
  switch (fault) {
    case "silent":
      return [];
    case "late":
      return [{ after: late, bytes }];
    case "short":
      return [{ after: turnaround, bytes: bytes.subarray(0, bytes.length - 2) }];
    case "twice":
      return [
        { after: turnaround, bytes },
        { after: turnaround + 30, bytes },
      ];
    case "split":
      return Array.from(bytes, (_, i) => ({ after: turnaround + i, bytes: bytes.subarray(i, i + 1) }));
    case "checksum": {
      const damaged = Uint8Array.from(bytes);
      damaged[damaged.length - 1]! ^= 1;
      return [{ after: turnaround, bytes: damaged }];
    }
    default:
      return [{ after: turnaround, bytes }];
  }
}
