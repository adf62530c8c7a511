/**
 * What ingest writes into the spool. The spool sees a kind and bytes; this file is the meaning of both, each direction beside
 * the other. Numbers are big-endian.
 */
import { type CborValue, decodeCbor, encodeCbor } from "../protocols/cbor.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { frameMax } from "../protocols/link.ts";
import type { Ranges } from "../protocols/ranges.ts";
import type { LossState } from "./losses.ts";
import type { Gap } from "./sink.ts";

export const entryKind = {
  /** An authentic message, as it was inside its envelope. */
  message: 1,
  /** An authentic message that nothing here can use: kept, so that its number is accounted for. */
  unusable: 2,
  /** What is known of a device, written again before the segment that holds the original is recycled. */
  deviceState: 3,
  /** A pack shape, written again likewise. */
  shape: 4,
  /** Messages that a sink will not get. */
  gap: 5,
  /** Which packs wait for their shape, written again likewise. */
  parked: 6,
  /** What is missing and what the sinks were told of it, written again likewise. */
  losses: 7,
  /** Gaps that were declared and not yet on disk, written beside what already takes them for declared. */
  undeclared: 8,
} as const;

/** A message's body is `[type, ...]`; its type is the byte after the array's head (WIRE: messages). */
export const bodyType = { pack: 1, shape: 4, timeRequest: 5 } as const;

/** An authentic message with its identity (kid, epoch, PIV), never stored twice. */
export interface MessageEntry {
  readonly kid: number;
  readonly epoch: number;
  readonly piv: number;
  /** Unix ms at which the gateway had it. */
  readonly received: number;
  /** When the device's epoch began, Unix ms as far as hello and arrival tell; null where no hello came. */
  readonly bootTime: number | null;
  /** A pack whose shape was not known when it came. Its records go out with the copy marked `released`. */
  readonly parked: boolean;
  readonly released: boolean;
  /** The last 8 bytes of the frame: tells a resend from a clone. */
  readonly tag: Uint8Array;
  /** CBOR of the message (protocols/message.ts). */
  readonly body: Uint8Array;
}

const fixedLength = 33;
const parkedBit = 1;
const releasedBit = 2;

export function encodeMessageEntry(entry: MessageEntry): Uint8Array {
  const bytes = new Uint8Array(fixedLength + entry.body.length);
  writeMessageEntry(bytes, new DataView(bytes.buffer), entry);
  return bytes;
}

/** Room to write one message entry after another in, so that a gate with thousands a second leaves nothing to collect. */
export class MessageEntryRoom {
  readonly #bytes = new Uint8Array(fixedLength + frameMax);
  readonly #view = new DataView(this.#bytes.buffer);

  /** As encodeMessageEntry; the bytes are valid until the next call. A body longer than a frame is a bug and throws. */
  encode(entry: MessageEntry): Uint8Array {
    writeMessageEntry(this.#bytes, this.#view, entry);
    return this.#bytes.subarray(0, fixedLength + entry.body.length);
  }
}

function writeMessageEntry(bytes: Uint8Array, view: DataView, entry: MessageEntry): void {
  view.setUint16(0, entry.kid);
  view.setUint16(2, entry.epoch);
  view.setUint32(4, entry.piv);
  view.setFloat64(8, entry.received);
  view.setFloat64(16, entry.bootTime ?? Number.NaN);
  view.setUint8(24, (entry.parked ? parkedBit : 0) | (entry.released ? releasedBit : 0));
  bytes.set(entry.tag, 25);
  bytes.set(entry.body, fixedLength);
}

export function decodeMessageEntry(payload: Uint8Array): MessageEntry | Fault {
  if (payload.length < fixedLength) {
    return fault(
      "truncated",
      `a message entry has at least ${fixedLength} bytes, this one ${payload.length}`,
    );
  }
  const view = viewOn(payload.buffer);
  const at = payload.byteOffset;
  const bootTime = view.getFloat64(at + 16);
  const flags = view.getUint8(at + 24);
  return {
    kid: view.getUint16(at),
    epoch: view.getUint16(at + 2),
    piv: view.getUint32(at + 4),
    received: view.getFloat64(at + 8),
    bootTime: Number.isNaN(bootTime) ? null : bootTime,
    parked: (flags & parkedBit) !== 0,
    released: (flags & releasedBit) !== 0,
    tag: payload.subarray(25, fixedLength),
    body: payload.subarray(fixedLength),
  };
}

/** The same view for what lies in the same memory, as the entries of a block do. */
function viewOn(memory: ArrayBufferLike): DataView {
  if (lastView.buffer !== memory) {
    lastView = new DataView(memory);
  }
  return lastView;
}

let lastView: DataView = new DataView(new ArrayBuffer(0));

/** What is known of one device: which numbers arrived, for the epochs kept, newest first. */
export interface DeviceStateEntry {
  readonly kid: number;
  readonly epochs: readonly EpochRecord[];
  readonly tags: readonly TagRecord[];
}

export interface EpochRecord {
  readonly epoch: number;
  readonly bootTime: number | null;
  readonly received: Ranges;
}

export interface TagRecord {
  readonly epoch: number;
  readonly piv: number;
  readonly tag: Uint8Array;
}

export function encodeDeviceState(state: DeviceStateEntry): Uint8Array {
  return encodeCbor([
    state.kid,
    state.epochs.map(({ epoch, bootTime, received }) => [
      epoch,
      bootTime === null ? null : Math.round(bootTime),
      received.flat(),
    ]),
    state.tags.map(({ epoch, piv, tag }) => [epoch, piv, tag]),
  ]);
}

export function decodeDeviceState(payload: Uint8Array): DeviceStateEntry | Fault {
  const value = decodeCbor(payload);
  if (isFault(value)) {
    return value;
  }
  const [kid, epochs, tags] = list(value);
  const state: DeviceStateEntry = {
    kid: whole(kid),
    epochs: list(epochs).map((item) => {
      const [epoch, bootTime, flat] = list(item);
      return {
        epoch: whole(epoch),
        bootTime: bootTime === null ? null : whole(bootTime),
        received: pairs(list(flat).map(whole)),
      };
    }),
    tags: list(tags).map((item) => {
      const [epoch, piv, tag] = list(item);
      return {
        epoch: whole(epoch),
        piv: whole(piv),
        tag: tag instanceof Uint8Array ? tag.slice() : new Uint8Array(0),
      };
    }),
  };
  const numbers = [state.kid, ...state.epochs.map(({ epoch }) => epoch), ...state.tags.map(({ piv }) => piv)];
  return numbers.some(Number.isNaN) ? fault("syntax", "a device state entry is not of its form") : state;
}

/** A pack that waits for its shape: where it lies in the spool, and which message it is (kid/epoch/PIV). */
export interface Parked {
  readonly shape: string;
  readonly offset: number;
  readonly message: string;
}

export function encodeParked(packs: readonly Parked[]): Uint8Array {
  return encodeCbor(packs.map(({ shape, offset, message }) => [shape, offset, message]));
}

export function decodeParked(payload: Uint8Array): readonly Parked[] | Fault {
  const value = decodeCbor(payload);
  if (isFault(value)) {
    return value;
  }
  const packs = list(value).map((item) => {
    const [shape, offset, message] = list(item);
    return { shape: String(shape), offset: whole(offset), message: String(message) };
  });
  return packs.some(({ offset }) => Number.isNaN(offset))
    ? fault("syntax", "a parked entry is not of its form")
    : packs;
}

/** A gap on its way to the sinks; `kid` where it is one of loss accounting, which takes it up again at start. */
export interface StoredGap {
  readonly gap: Gap;
  readonly kid: number | null;
}

export function encodeGap({ gap, kid }: StoredGap): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ kid, gap }));
}

export function decodeGap(payload: Uint8Array): StoredGap | Fault {
  try {
    const { gap, kid } = JSON.parse(new TextDecoder().decode(payload));
    const good = typeof gap.device === "string" && Number.isInteger(gap.epoch) && Number.isInteger(gap.from);
    return good ? { gap, kid } : fault("syntax", "a gap entry is not of its form");
  } catch {
    return fault("syntax", "a gap entry is no JSON");
  }
}

/** [[[kid, epoch, last, before, openEnded, told], ...], [[device, rows dropped], ...]]; the ending's two are null where there is none. */
export function encodeLosses({ epochs, rowsDropped }: LossState): Uint8Array {
  return encodeCbor([
    epochs.map(({ kid, epoch, ending, told, openEnded }) => [
      kid,
      epoch,
      ending?.last ?? null,
      ending === null ? null : Math.round(ending.before),
      openEnded,
      told.flat(),
    ]),
    rowsDropped.map(([device, count]) => [device, count]),
  ]);
}

export function decodeLosses(payload: Uint8Array): LossState | Fault {
  if (payload[0] === jsonBrace) {
    return decodeLossesJson(payload);
  }
  const value = decodeCbor(payload);
  if (isFault(value)) {
    return value;
  }
  const [epochs, rowsDropped] = list(value);
  const state: LossState = {
    epochs: list(epochs).map((item) => {
      const [kid, epoch, last, before, openEnded, told] = list(item);
      return {
        kid: whole(kid),
        epoch: whole(epoch),
        ending: before === null ? null : { last: last === null ? null : whole(last), before: whole(before) },
        told: pairs(list(told).map(whole)),
        openEnded: openEnded === true,
      };
    }),
    rowsDropped: list(rowsDropped).map((item) => {
      const [device, count] = list(item);
      return [String(device), whole(count)] as const;
    }),
  };
  const numbers = state.epochs.flatMap(({ kid, epoch, ending, told }) => [
    kid,
    epoch,
    ending?.last ?? 0,
    ending?.before ?? 0,
    ...told.flat(),
  ]);
  return [...numbers, ...state.rowsDropped.map(([, count]) => count)].some(Number.isNaN)
    ? fault("syntax", "a losses entry is not of its form")
    : state;
}

/** As it was written at first. */
function decodeLossesJson(payload: Uint8Array): LossState | Fault {
  try {
    const state = JSON.parse(new TextDecoder().decode(payload));
    const good = Array.isArray(state.epochs) && Array.isArray(state.rowsDropped);
    return good ? state : fault("syntax", "a losses entry is not of its form");
  } catch {
    return fault("syntax", "a losses entry is no JSON");
  }
}

const jsonBrace = 0x7b;

function list(value: CborValue | undefined): readonly CborValue[] {
  return Array.isArray(value) ? value : [];
}

function whole(value: CborValue | undefined): number {
  return typeof value === "number" ? value : Number.NaN;
}

function pairs(flat: readonly number[]): Ranges {
  return Array.from({ length: flat.length >> 1 }, (_, i) => [flat[2 * i], flat[2 * i + 1]] as const);
}
