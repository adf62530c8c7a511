import { type Fault, fault } from "./fault.ts";
import type { ModbusRequest } from "./modbus-pdu.ts";

/** What an exception means: MODBUS Application Protocol V1.1b3 §7. 7 is of older editions (negative acknowledge), 9 is reserved. */
const exceptions: { readonly [code: number]: string } = {
  1: "it has no such function",
  2: "it has no such register",
  3: "it takes no such count",
  4: "it has failed itself",
  5: "it has taken the request and needs longer",
  6: "it is busy",
  7: "it cannot do that",
  8: "its memory gave a parity error",
  9: "a code that is reserved",
  10: "the gateway has no way to it",
  11: "behind the gateway it does not answer",
};

const illegalFunction = 1;
export const illegalAddress = 2;
const illegalValue = 3;
const notAnswering = 11;

function exceptionText(code: number): string {
  const text = exceptions[code];
  return text === undefined ? "a code that no standard names" : text;
}

/** What a unit's exception means to whoever asked: "silent" behind a bridge, "unsupported" for what it does not have, else "bus". */
export function exceptionFault(request: ModbusRequest, code: number): Fault {
  const detail = requestText(request) + ": " + exceptionText(code) + " (exception " + code + ")";
  return fault(
    code === notAnswering
      ? "silent"
      : code >= illegalFunction && code <= illegalValue
        ? "unsupported"
        : "bus",
    detail,
  );
}

/** "unit 5, input registers 52 to 53". */
export function requestText(request: ModbusRequest): string {
  const registers =
    request.count === 1
      ? " register " + request.address
      : " registers " + request.address + " to " + (request.address + request.count - 1);
  return "unit " + request.unit + ", " + request.table + registers;
}
