import { toHex } from "./bytes.ts";
import { type Fault, type FaultCode, fault } from "./fault.ts";
import { backwards, type Coding, readValue } from "./mbus-value.ts";
import {
  extensionFbMeaning,
  extensionFdMeaning,
  plainTextMeaning,
  primaryMeaning,
  type VifMeaning,
  vifeExponent,
  vifManufacturer,
  vifPlainText,
} from "./mbus-vif.ts";
import type { DataRecord } from "./meter.ts";

/**
 * The data records of EN 13757-3 §6: DIF, DIFEs, VIF, VIFEs, data, one after the other. The same on the two wires of M-Bus and in the air.
 */

/** DIFEs of a record, and likewise VIFEs (EN 13757-3 §6.3.1, §6.4.1). */
const extensionsMax = 10;
const extensionBit = 0x80;

const difFill = 0x2f;
const difManufacturer = 0x0f;
const difMoreFollow = 0x1f;

/** Length in bytes by the low digit of the DIF: EN 13757-3 table 4. -1: variable, -2: no record but a special function. */
const variable = -1;
const special = -2;
const lengths: readonly number[] = [0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, variable, 6, special];

const functions: readonly DataRecord["function"][] = ["instantaneous", "maximum", "minimum", "error"];

/** Bytes of data behind a header with this DIF; -1 where the data says it itself, -2 where there are none. */
export function dataLengthOf(dif: number): number {
  return lengths[dif & 15];
}

/** All records of the bytes `from` to `to`, or why they are none. One record in doubt makes all of them so. */
export function readRecords(bytes: Uint8Array, from: number, to: number): readonly DataRecord[] | Fault {
  const read = readRecordsSoFar(bytes, from, to);
  return read.failure === null ? read.records : read.failure;
}

/** The records up to the first that is none, and why it is none: for explanations. Nobody may take them for readings unless `failure` is null. */
export function readRecordsSoFar(
  bytes: Uint8Array,
  from: number,
  to: number,
): { readonly records: readonly DataRecord[]; readonly failure: Fault | null } {
  const reader = new RecordReader(bytes, from, to);
  const records: DataRecord[] = [];
  while (reader.at < to) {
    if (bytes[reader.at] === difFill) {
      reader.at++;
      continue;
    }
    reader.number++;
    const record = reader.record();
    if (record === null) {
      return { records: records, failure: reader.failure };
    }
    records.push(record);
  }
  return { records: records, failure: null };
}

/** Whether the last record says that the meter has more than went into this telegram (DIF 1f). */
export function moreFollow(records: readonly DataRecord[]): boolean {
  return records.length > 0 && records[records.length - 1].header === "1f";
}

class RecordReader {
  at: number;
  number = 0;
  failure: Fault | null = null;
  private readonly bytes: Uint8Array;
  private readonly to: number;
  private storage = 0;
  private tariff = 0;
  private subunit = 0;
  private meaning: VifMeaning = primaryMeaning(vifManufacturer);
  private coding: Coding = "none";

  constructor(bytes: Uint8Array, from: number, to: number) {
    this.bytes = bytes;
    this.at = from;
    this.to = to;
  }

  record(): DataRecord | null {
    const bytes = this.bytes;
    const start = this.at;
    const dif = bytes[start];
    if (lengths[dif & 15] === special) {
      return dif === difManufacturer || dif === difMoreFollow
        ? this.manufacturerData(dif)
        : this.fail("syntax", "the DIF " + toHex(bytes.subarray(start, start + 1)) + " is reserved");
    }
    if (!this.dataInformation() || !this.valueInformation()) {
      return null;
    }
    const header = toHex(bytes.subarray(start, this.at));
    const length = this.dataLength(dif & 15);
    if (length === null || !this.need(length)) {
      return null;
    }
    const from = this.at;
    this.at += length;
    return {
      header: header,
      raw: toHex(bytes.subarray(from, this.at)),
      quantity: this.meaning.quantity,
      function: functions[(dif >> 4) & 3],
      storage: this.storage,
      tariff: this.tariff,
      subunit: this.subunit,
      value: readValue(bytes, from, this.at, this.coding, this.meaning),
      unit: this.meaning.unit,
    };
  }

  /** All that is left is the manufacturer's own. */
  private manufacturerData(dif: number): DataRecord {
    const raw = toHex(this.bytes.subarray(this.at + 1, this.to));
    this.at = this.to;
    return {
      header: dif === difManufacturer ? "0f" : "1f",
      raw: raw,
      quantity: dif === difManufacturer ? "manufacturer" : "more",
      function: "instantaneous",
      storage: 0,
      tariff: 0,
      subunit: 0,
      value: null,
      unit: null,
    };
  }

  /** DIF and DIFEs: four bits of storage number, two of tariff, one of subunit in each DIFE, low bits first. */
  private dataInformation(): boolean {
    let byte = this.bytes[this.at++];
    this.storage = (byte >> 6) & 1;
    this.tariff = 0;
    this.subunit = 0;
    // Multiplied, not shifted: forty-one bits of storage number do not fit a shift.
    for (let i = 0, storage = 2, tariff = 1, subunit = 1; (byte & extensionBit) !== 0; i++) {
      if (i === extensionsMax) {
        this.fail("limit", "more than " + String(extensionsMax) + " DIFEs");
        return false;
      }
      if (!this.need(1)) {
        return false;
      }
      byte = this.bytes[this.at++];
      this.storage += (byte & 15) * storage;
      this.tariff += ((byte >> 4) & 3) * tariff;
      this.subunit += ((byte >> 6) & 1) * subunit;
      storage *= 16;
      tariff *= 4;
      subunit *= 2;
    }
    return true;
  }

  private valueInformation(): boolean {
    if (!this.need(1)) {
      return false;
    }
    const vif = this.bytes[this.at++];
    const code = vif & 0x7f;
    let more = (vif & extensionBit) !== 0;
    let count = 0;
    if (vif === 0xfd || vif === 0xfb) {
      if (!this.need(1)) {
        return false;
      }
      const extension = this.bytes[this.at++];
      this.meaning =
        vif === 0xfd ? extensionFdMeaning(extension & 0x7f) : extensionFbMeaning(extension & 0x7f);
      more = (extension & extensionBit) !== 0;
      count = 1;
    } else if (code === vifPlainText) {
      if (!this.plainText()) {
        return false;
      }
    } else {
      this.meaning = primaryMeaning(code);
    }
    return !more || this.extensions(count, code === vifManufacturer);
  }

  /** Behind the VIF 7c or fc: length and text, last character first. */
  private plainText(): boolean {
    if (!this.need(1)) {
      return false;
    }
    const length = this.bytes[this.at++];
    if (!this.need(length)) {
      return false;
    }
    this.meaning = plainTextMeaning(backwards(this.bytes, this.at, this.at + length));
    this.at += length;
    return true;
  }

  /** VIFEs, `count` of which are read. Behind a manufacturer's one they are the manufacturer's too. */
  private extensions(count: number, manufacturer: boolean): boolean {
    let exponent = 0;
    let secondTable = false;
    for (let more = true; more; count++) {
      if (count === extensionsMax) {
        this.fail("limit", "more than " + String(extensionsMax) + " VIFEs");
        return false;
      }
      if (!this.need(1)) {
        return false;
      }
      const byte = this.bytes[this.at++];
      const code = byte & 0x7f;
      manufacturer = manufacturer || (code === vifManufacturer && !secondTable);
      if (!manufacturer && !secondTable) {
        exponent += vifeExponent(code);
      }
      // fc says that the next VIFE is from the table of phases and the like: EN 13757-3 table 16.
      secondTable = !secondTable && byte === 0xfc;
      more = (byte & extensionBit) !== 0;
    }
    if (exponent !== 0) {
      this.meaning = moved(this.meaning, exponent);
    }
    return true;
  }

  /** Length of the data in bytes, behind the length byte where there is one; sets the coding. */
  private dataLength(nibble: number): number | null {
    const length = lengths[nibble];
    if (length !== variable) {
      this.coding = length === 0 ? "none" : nibble === 5 ? "float" : nibble > 8 ? "bcd" : "integer";
      return length;
    }
    if (!this.need(1)) {
      return null;
    }
    return this.variableLength(this.bytes[this.at++]);
  }

  /** EN 13757-3 table 5. */
  private variableLength(lvar: number): number | null {
    if (lvar < 0xc0) {
      this.coding = "text";
      return lvar;
    }
    const count = lvar & 15;
    if (lvar < 0xe0 && count < 10) {
      this.coding = lvar < 0xd0 ? "bcd" : "negative-bcd";
      return count;
    }
    this.coding = "binary";
    if (lvar >= 0xe0 && lvar < 0xf0) {
      return count;
    }
    if (lvar >= 0xf0 && lvar <= 0xf6) {
      return lvar < 0xf5 ? 4 * (lvar - 0xec) : lvar === 0xf5 ? 48 : 64;
    }
    this.fail("syntax", "a variable length of " + String(lvar) + " is reserved");
    return null;
  }

  private need(count: number): boolean {
    if (this.at + count <= this.to) {
      return true;
    }
    this.fail("truncated", "it runs over the end of the telegram");
    return false;
  }

  private fail(code: FaultCode, detail: string): null {
    this.failure = fault(code, "record " + String(this.number) + ": " + detail);
    return null;
  }
}

function moved(meaning: VifMeaning, exponent: number): VifMeaning {
  return {
    quantity: meaning.quantity,
    unit: meaning.unit,
    exponent: meaning.exponent + exponent,
    factor: meaning.factor,
    kind: meaning.kind,
  };
}
