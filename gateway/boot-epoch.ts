/**
 * The gateway's own epoch: one more at every start, on disk before anything is sent, so that no downlink nonce can repeat after
 * a restart (WIRE: envelope). An append-only file of 8-byte records: epoch, CRC-32C.
 */
import { crc32c } from "../protocols/crc.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { FilePort, SpoolFile } from "./spool/file-port.ts";

const recordLength = 8;
const epochMax = 0xffff;

/** Appends and returns this start's epoch, or the Fault that keeps the gateway from sending. `path` is absolute. */
export async function nextBootEpoch(path: string, files: FilePort): Promise<number | Fault> {
  const there = files.open(path, false);
  // Where the file is there and could not be opened, making it is refused too: nothing is sent under a guess.
  const file = isFault(there) ? files.open(path, true) : there;
  if (isFault(file)) {
    return unwritable(path, file);
  }
  const epoch = await append(file, path);
  file.close();
  const failure = isFault(epoch) ? epoch : await files.syncFolder(path.slice(0, path.lastIndexOf("/")));
  return failure === null ? epoch : isFault(epoch) ? epoch : unwritable(path, failure);
}

async function append(file: SpoolFile, path: string): Promise<number | Fault> {
  const before = read(file);
  if (isFault(before)) {
    return unwritable(path, before);
  }
  const { last, unread } = scan(before);
  // Each record that cannot be read may have been an epoch that was used.
  const epoch = last + 1 + unread;
  if (epoch > epochMax) {
    return fault(
      "epochs-used-up",
      `${path}: all ${epochMax + 1} starts under these device keys are used up; replace the devices' keys`,
    );
  }
  // Whole records only from here on, whatever a tear left.
  const place = Math.ceil(before.length / recordLength) * recordLength;
  const failure = (await file.write(encodeRecord(epoch), place)) ?? (await file.datasync());
  if (failure !== null) {
    return unwritable(path, failure);
  }
  const after = read(file);
  return !isFault(after) && scan(after).last === epoch
    ? epoch
    : fault("storage", `${path} does not read back what was written`);
}

function unwritable(path: string, failure: Fault): Fault {
  return fault(failure.fault, `${path} cannot be written (${failure.detail})`);
}

function encodeRecord(epoch: number): Uint8Array {
  const bytes = new Uint8Array(recordLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, epoch);
  view.setUint32(4, crc32c(bytes, 0, 4, 0));
  return bytes;
}

/** The highest epoch that holds, -1 for none, and how many records behind it do not. */
function scan(bytes: Uint8Array): { last: number; unread: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let last = -1;
  let end = 0;
  for (let at = 0; at + recordLength <= bytes.length; at += recordLength) {
    if (view.getUint32(at + 4) === crc32c(bytes, at, at + 4, 0) && view.getUint32(at) > last) {
      last = view.getUint32(at);
      end = at + recordLength;
    }
  }
  return { last, unread: Math.ceil((bytes.length - end) / recordLength) };
}

function read(file: SpoolFile): Uint8Array | Fault {
  const size = file.size();
  const bytes = new Uint8Array(isFault(size) ? 0 : size);
  const got = isFault(size) ? size : file.read(bytes, 0);
  return isFault(got) ? got : bytes.subarray(0, got);
}
