import { crcArc } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";
import type { MeterLanguage } from "./meter.ts";
import { countParity, stripParity } from "./parity.ts";
import type { Readout } from "./readout.ts";
import { SealedReadoutDecoder } from "./sealed-readout.ts";

/**
 * The P1 port of Dutch, Belgian and Luxembourgish meters, every second or every ten. Versions 4 and 5 end in a CRC, which must hold;
 * versions 2 and 3 have none and are marked unchecked. In Luxembourg they are sealed under a key that the meter's operator gives out.
 */
export const dsmr: MeterLanguage = {
  name: "dsmr",
  title: "DSMR P1",
  standard: "Netbeheer Nederland, P1 companion standard 5.0.2",
  line: { baud: 115200, dataBits: 8, parity: "none", stopBits: 1 },
  decoder: function (keys) {
    return new SealedReadoutDecoder(dsmrEnding, keys === undefined ? null : keys);
  },
};

const digitsMax = 4;
const newline = 0x0a;
const carriageReturn = 0x0d;

/** `!` and the CRC in four hexadecimal digits, or in fewer: NWA WarmteLink leaves out leading zeros. */
function dsmrEnding(readout: Readout, last: boolean): "more" | "checked" | "unchecked" | Fault {
  const bytes = readout.bytes;
  if (readout.framed) {
    return fault("unsupported", "STX before the data block: a D0 readout, not P1");
  }
  let at = readout.to + 1;
  let crc = 0;
  while (at < readout.length && at <= readout.to + digitsMax && hexDigit(bytes[at] & 0x7f) >= 0) {
    crc = crc * 16 + hexDigit(bytes[at] & 0x7f);
    at++;
  }
  const digits = at - readout.to - 1;
  if (digits === digitsMax) {
    return check(readout, crc);
  }
  if (at === readout.length) {
    return !last
      ? "more"
      : digits > 0
        ? check(readout, crc)
        : fault("truncated", "the bytes stop behind the !");
  }
  const next = bytes[at] & 0x7f;
  if (next !== newline && next !== carriageReturn) {
    return fault("checksum", "neither a CRC nor a line end behind the !");
  }
  return digits === 0 ? "unchecked" : check(readout, crc);
}

/** The CRC covers everything from the slash to the exclamation mark, both included (P1 companion standard 5.0.2 §5.2). */
function check(readout: Readout, crc: number): "checked" | Fault {
  const to = readout.to + 1;
  return crcArc(readout.bytes, 0, to) === crc || crcOfSeven(readout.bytes, to) === crc
    ? "checked"
    : fault("checksum", "CRC does not fit");
}

/** CRC of the seven data bits where bit 7 is parity; -1 where it is not. */
function crcOfSeven(bytes: Uint8Array, to: number): number {
  const parity = { high: 0, odd: 0 };
  countParity(parity, bytes, 0, to);
  if (parity.high === 0 || parity.odd > 0) {
    return -1;
  }
  const seven = new Uint8Array(bytes.subarray(0, to));
  stripParity(seven, 0, to);
  return crcArc(seven, 0, to);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) {
    return byte - 0x30;
  }
  const letter = byte & 0xdf; // upper case
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}
