import { concat, utf8 } from "./bytes.ts";
import { crcArc } from "./crc.ts";
import { d0Readout, type ReadoutText } from "./d0-write.ts";

/** A P1 telegram as versions 4 and 5 send it, or without CRC as 2 and 3 do. */
export function dsmrTelegram(readout: ReadoutText, withCrc: boolean): Uint8Array {
  const plain = d0Readout(readout, false);
  if (!withCrc) {
    return plain;
  }
  const covered = plain.subarray(0, plain.length - 2);
  const crc = crcArc(covered, 0, covered.length).toString(16).toUpperCase();
  return concat([covered, utf8("000".substr(crc.length - 1) + crc + "\r\n")]);
}
