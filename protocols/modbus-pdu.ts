/** What a Modbus frame carries between its address and its checksum: MODBUS Application Protocol V1.1b3. */

/** The two tables of 16-bit registers (§4.3); each has its own read function. */
export type RegisterTable = "holding" | "input";

/** A request for `count` registers from `address` on, counted from 0 as on the wire. */
export interface ModbusRequest {
  /** 1 to 247 on a serial line; over TCP also 0 and 255. */
  readonly unit: number;
  readonly table: RegisterTable;
  readonly address: number;
  /** 1 to `registersMax`. */
  readonly count: number;
}

/** Registers of one request (§6.3). */
export const registersMax = 125;
/** Bytes of a PDU (§4.1). */
export const pduMax = 253;
const readHolding = 3;
const readInput = 4;
/** Set in the function code of an exception (§7). */
export const exceptionBit = 0x80;

/** What answers a request: its registers, two bytes each, high one first; or the code of an exception. */
export type ModbusAnswer =
  | { readonly kind: "registers"; readonly bytes: Uint8Array }
  | { readonly kind: "exception"; readonly code: number };

function functionOf(table: RegisterTable): number {
  return table === "holding" ? readHolding : readInput;
}

/** The table a function reads; null for every other function. */
function tableOf(code: number): RegisterTable | null {
  return code === readHolding ? "holding" : code === readInput ? "input" : null;
}

/** Function, first register, count: 5 bytes. */
export function requestPdu(request: ModbusRequest): Uint8Array {
  return new Uint8Array([
    functionOf(request.table),
    request.address >> 8,
    request.address & 255,
    request.count >> 8,
    request.count & 255,
  ]);
}

/** The request of a PDU; null for any other function, form, count or a range beyond the last register. */
export function readRequestPdu(unit: number, pdu: Uint8Array): ModbusRequest | null {
  const table = pdu.length === 5 ? tableOf(pdu[0]) : null;
  if (table === null) {
    return null;
  }
  const address = pdu[1] * 256 + pdu[2];
  const count = pdu[3] * 256 + pdu[4];
  return count < 1 || count > registersMax || address + count > 65536
    ? null
    : { unit: unit, table: table, address: address, count: count };
}

/** Function, length in bytes, `registers` of two bytes each. */
export function answerPdu(table: RegisterTable, registers: Uint8Array): Uint8Array {
  const pdu = new Uint8Array(2 + registers.length);
  pdu[0] = functionOf(table);
  pdu[1] = registers.length;
  pdu.set(registers, 2);
  return pdu;
}

/** `code`: of the function that was asked for. */
export function exceptionPdu(code: number, exception: number): Uint8Array {
  return new Uint8Array([code | exceptionBit, exception]);
}

/** What a PDU answers to a request; null where it is no answer to it. */
export function readAnswerPdu(request: ModbusRequest, pdu: Uint8Array): ModbusAnswer | null {
  const code = functionOf(request.table);
  if (pdu.length === 2 && pdu[0] === (code | exceptionBit)) {
    return { kind: "exception", code: pdu[1] };
  }
  const length = 2 * request.count;
  return pdu.length === 2 + length && pdu[0] === code && pdu[1] === length
    ? { kind: "registers", bytes: new Uint8Array(pdu.subarray(2)) }
    : null;
}
