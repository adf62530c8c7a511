/**
 * The gateway's own epoch: one more at every start, on disk before anything is sent, so that no downlink nonce can repeat after
 * a restart (WIRE: envelope). An append-only file of 8-byte records: epoch, CRC-32C.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32c } from "../protocols/crc.ts";
import { type Fault, fault } from "../protocols/fault.ts";

const recordLength = 8;
const epochMax = 0xffff;

/** Appends and returns this start's epoch, or the Fault that keeps the gateway from sending. */
export function nextBootEpoch(file: string): number | Fault {
  try {
    const { last, torn } = lastEpoch(read(file));
    // A torn record may have held last + 1, and that epoch may have been used if only its end was damaged later.
    const epoch = last + (torn ? 2 : 1);
    if (epoch > epochMax) {
      return fault(
        "epochs-used-up",
        `${file}: all ${epochMax + 1} starts under these device keys are used up; replace the devices' keys`,
      );
    }
    const descriptor = openSync(file, "a", 0o600);
    try {
      if (torn) {
        // Whole records only from here on, whatever the tear left.
        writeSync(descriptor, new Uint8Array(recordLength - (read(file).length % recordLength)));
      }
      writeSync(descriptor, encodeRecord(epoch));
      fdatasyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    syncFolder(dirname(file));
    return lastEpoch(read(file)).last === epoch
      ? epoch
      : fault("storage", `${file} does not read back what was written`);
  } catch (error) {
    return fault(
      "storage",
      `${file} cannot be written (${error instanceof Error ? error.message.split(",")[0] : "unknown"})`,
    );
  }
}

function encodeRecord(epoch: number): Uint8Array {
  const bytes = new Uint8Array(recordLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, epoch);
  view.setUint32(4, crc32c(bytes, 0, 4, 0));
  return bytes;
}

function lastEpoch(bytes: Uint8Array): { last: number; torn: boolean } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let last = -1;
  let torn = bytes.length % recordLength !== 0;
  for (let at = 0; at + recordLength <= bytes.length; at += recordLength) {
    const good = view.getUint32(at + 4) === crc32c(bytes, at, at + 4, 0);
    last = good ? Math.max(last, view.getUint32(at)) : last;
    torn = at + 2 * recordLength > bytes.length ? torn || !good : torn;
  }
  return { last, torn };
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return new Uint8Array(0);
    }
    throw error;
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
