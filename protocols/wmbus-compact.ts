import { concat, fromHex } from "./bytes.ts";
import { crcEn13757 } from "./crc.ts";
import { type Fault, fault } from "./fault.ts";
import { dataLengthOf } from "./mbus-record.ts";
import type { DataRecord } from "./meter.ts";
import { compactFormats } from "./wmbus-makers/compact-formats.ts";

/**
 * Compact frames (EN 13757-3 annex E, CI 79): the data of the records without their headers, which an earlier full frame of a meter told.
 * In front stand the CRC of the headers and that of the whole, so that a wrong memory cannot pass.
 */

interface Format {
  /** CRC over the headers of all records. */
  readonly signature: number;
  readonly headers: readonly Uint8Array[];
  /** Bytes of data behind each. */
  readonly lengths: readonly number[];
}

/** Meters of one kind send one or two formats; the oldest is forgotten. */
export const formatsMax = 32;
const crcsLength = 4;

/** Forms of full frames that were heard, by the CRC that compact frames name them with; at most `formatsMax`, the oldest goes first. */
export class CompactFormats {
  private formats: Format[] = [];

  /** Keeps the form of a full frame. Text and other data of variable length have no form that could be kept. */
  remember(records: readonly DataRecord[]): void {
    const headers: Uint8Array[] = [];
    const lengths: number[] = [];
    for (let i = 0; i < records.length; i++) {
      const header = fromHex(records[i].header) as Uint8Array;
      if (header.length === 0 || (header[0] & 15) === 13 || (header[0] & 15) === 15) {
        return;
      }
      headers.push(header);
      lengths.push(records[i].raw.length / 2);
    }
    const format = formatOf(headers, lengths);
    if (headers.length > 0 && this.find(format.signature) === null) {
      this.formats.push(format);
      this.formats = this.formats.length > formatsMax ? this.formats.slice(1) : this.formats;
    }
  }

  /** The full frame's records of what stands behind the CI field of a compact one. */
  expand(bytes: Uint8Array, at: number): Uint8Array | Fault {
    if (at + crcsLength > bytes.length) {
      return fault("truncated", "the compact frame ends inside its CRCs");
    }
    const format = this.find(bytes[at] | (bytes[at + 1] << 8));
    if (format === null) {
      return fault(
        "content",
        "a compact frame of a form that is not known here, and no full frame of it has come yet: wait some minutes for one",
      );
    }
    const full = filledIn(format, bytes, at + crcsLength);
    const fits = full !== null && crcEn13757(full, 0, full.length) === (bytes[at + 2] | (bytes[at + 3] << 8));
    return fits ? full : fault("checksum", "the CRC of the compact frame does not fit");
  }

  private find(signature: number): Format | null {
    const learned = withSignature(this.formats, signature);
    return learned === null ? withSignature(known, signature) : learned;
  }
}

const known: readonly Format[] = compactFormats.map(knownFormat);

function withSignature(formats: readonly Format[], signature: number): Format | null {
  for (let i = 0; i < formats.length; i++) {
    if (formats[i].signature === signature) {
      return formats[i];
    }
  }
  return null;
}

function formatOf(headers: readonly Uint8Array[], lengths: readonly number[]): Format {
  const all = concat(headers);
  return { signature: crcEn13757(all, 0, all.length), headers: headers, lengths: lengths };
}

/** Of headers one behind the other: DIF and DIFEs, VIF and VIFEs, each as long as bit 7 says that more follow. */
function knownFormat(hex: string): Format {
  const bytes = fromHex(hex) as Uint8Array;
  const headers: Uint8Array[] = [];
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = chainEnd(bytes, chainEnd(bytes, at));
    headers.push(bytes.subarray(at, end));
    lengths.push(dataLengthOf(bytes[at]));
    at = end;
  }
  return formatOf(headers, lengths);
}

function chainEnd(bytes: Uint8Array, at: number): number {
  while ((bytes[at] & 0x80) !== 0) {
    at++;
  }
  return at + 1;
}

function filledIn(format: Format, bytes: Uint8Array, at: number): Uint8Array | null {
  const parts: Uint8Array[] = [];
  for (let i = 0; i < format.headers.length; i++) {
    parts.push(format.headers[i], bytes.subarray(at, at + format.lengths[i]));
    at += format.lengths[i];
  }
  return at <= bytes.length ? concat(parts) : null;
}
