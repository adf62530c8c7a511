/**
 * From a spool entry to what sinks see: SenML records with exact values and absolute times, and gaps. The unit is the quantity's,
 * the value is the register's; nothing is converted or rounded here.
 */
import { decimalText } from "../protocols/decimal.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { decodeUp } from "../protocols/message.ts";
import { checkPack, decodePack, type Pack, packShapeId } from "../protocols/pack.ts";
import { quantities } from "../protocols/quantity.ts";
import type { Shape } from "../protocols/shape.ts";
import { cityEpoch } from "./city-epoch.ts";
import {
  bodyType,
  decodeGap,
  decodeMessageEntry,
  entryKind,
  type MessageEntry,
  type StoredGap,
} from "./entry.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import type { CityRecord, Gap } from "./sink.ts";

export interface Resolved {
  readonly records: readonly CityRecord[];
  readonly gaps: readonly Gap[];
}

export interface ResolveContext {
  shape(id: string): Shape | null;
  device(kid: number): DeviceEntry | null;
  /** The sink that asks: gaps meant for another are left out. */
  readonly sink: string;
  /** Entries received before this, Unix ms, are backlog. */
  readonly backlogBefore: number;
}

const nothing: Resolved = { records: [], gaps: [] };

/** What one entry means to a sink; nothing for what concerns the gateway alone. */
export function resolveEntry(kind: number, payload: Uint8Array, context: ResolveContext): Resolved | Fault {
  if (kind === entryKind.gap) {
    const stored = decodeGap(payload);
    if (isFault(stored)) {
      return stored;
    }
    return isFor(stored.gap, context.sink) ? { records: [], gaps: [cityGap(stored, context)] } : nothing;
  }
  if (kind === entryKind.unusable) {
    return unusablePack(payload, context);
  }
  if (kind !== entryKind.message) {
    return nothing;
  }
  const entry = decodeMessageEntry(payload);
  return isFault(entry) ? entry : resolveMessage(entry, context);
}

/** Readings that nothing here can read are named as missing; of other messages no sink expects anything. */
function unusablePack(payload: Uint8Array, context: ResolveContext): Resolved {
  const entry = decodeMessageEntry(payload);
  const device = isFault(entry) || entry.body[1] !== bodyType.pack ? null : context.device(entry.kid);
  if (isFault(entry) || device === null) {
    return nothing;
  }
  const { piv } = entry;
  const epoch = cityEpoch(device, entry.epoch);
  const reason = "authentic, and nothing here can read it";
  return {
    records: [],
    gaps: [{ device: device.device, epoch, from: piv, to: piv, state: "dropped", reason }],
  };
}

function isFor(gap: Gap, sink: string): boolean {
  return gap.sink === undefined || gap.sink === sink;
}

/** A gap with a key id counts in that key's epochs; one without was taken from what the city sees. */
function cityGap({ gap, kid }: StoredGap, context: ResolveContext): Gap {
  const device = kid === null ? null : context.device(kid);
  return device === null ? gap : { ...gap, epoch: cityEpoch(device, gap.epoch) };
}

function resolveMessage(entry: MessageEntry, context: ResolveContext): Resolved | Fault {
  if (entry.parked) {
    return nothing;
  }
  const device = context.device(entry.kid);
  if (device === null) {
    return fault(
      "unknown-device",
      `the registry no longer knows key id ${entry.kid}, so its records have no name`,
    );
  }
  const message = decodeUp(entry.body);
  if (isFault(message)) {
    return message;
  }
  if (message.type === "dropped") {
    const gaps = message.ranges.map(
      ([from, to]): Gap => ({
        device: device.device,
        epoch: cityEpoch(device, message.epoch ?? entry.epoch),
        from,
        to,
        state: "dropped",
        reason: message.reason,
      }),
    );
    return { records: [], gaps };
  }
  if (message.type !== "pack") {
    return nothing;
  }
  const id = packShapeId(message.value);
  const shape = isFault(id) ? null : context.shape(id);
  if (shape === null) {
    return fault(
      "unknown-shape",
      `the shape of ${device.name} message ${entry.epoch}/${entry.piv} is not known`,
    );
  }
  const pack = decodePack(message.value, shape);
  return isFault(pack)
    ? pack
    : { records: recordsOf(pack, shape, entry, device, context.backlogBefore), gaps: [] };
}

/** How many records resolveEntry would give, without making them; 0 where it would give none. */
export function countRecords(
  kind: number,
  payload: Uint8Array,
  context: Pick<ResolveContext, "shape" | "device">,
): number {
  const entry = kind === entryKind.message ? decodeMessageEntry(payload) : null;
  if (entry === null || isFault(entry) || entry.parked || context.device(entry.kid) === null) {
    return 0;
  }
  const message = decodeUp(entry.body);
  const value = !isFault(message) && message.type === "pack" ? message.value : null;
  const id = value === null ? null : packShapeId(value);
  const shape = typeof id === "string" ? context.shape(id) : null;
  const size = value === null || shape === null ? null : checkPack(value, shape);
  return size === null || isFault(size) ? 0 : size.values;
}

function recordsOf(
  pack: Pack,
  shape: Shape,
  entry: MessageEntry,
  device: DeviceEntry,
  backlogBefore: number,
): CityRecord[] {
  const backlog = entry.received < backlogBefore;
  const channels = channelsOf(device, shape);
  const message = `${cityEpoch(device, entry.epoch)}/${entry.piv}/`;
  const records: CityRecord[] = [];
  for (let index = 0; index < pack.rows.length; index++) {
    const row = pack.rows[index]!;
    const { time, quality } = placeInTime(row.time, pack.timeQuality, entry);
    const dh = message + index;
    for (let i = 0; i < channels.length; i++) {
      const value = row.values[i];
      if (value !== null) {
        const { n, u, exponent } = channels[i]!;
        const v = decimalText(value!, exponent);
        records.push({ device: device.device, n, u, v, time, dh, timeQuality: quality, backlog });
      }
    }
  }
  return records;
}

interface Channel {
  readonly n: string;
  readonly u: string;
  readonly exponent: number;
}

/** The names of what a device measures, made once: whoever tells records apart by name compares the same texts again and again. */
const knownChannels = new WeakMap<DeviceEntry, WeakMap<Shape, readonly Channel[]>>();

function channelsOf(device: DeviceEntry, shape: Shape): readonly Channel[] {
  const known = knownChannels.get(device);
  const channels = known?.get(shape);
  if (channels !== undefined) {
    return channels;
  }
  const made = shape.columns.map(({ quantity, exponent }) => ({
    n: `${device.device}:${quantity}`,
    u: quantities[quantity].senml,
    exponent,
  }));
  const ofDevice = known ?? new WeakMap<Shape, readonly Channel[]>();
  knownChannels.set(device, ofDevice.set(shape, made));
  return made;
}

/**
 * Unix ms of a row. Relative times count from the device's boot, which hello and its arrival tell; without a hello the best there
 * is to say is when the message came, and that it is so.
 */
function placeInTime(
  time: number | null,
  quality: Pack["timeQuality"],
  entry: MessageEntry,
): { time: number; quality: CityRecord["timeQuality"] } {
  if (quality === "synced" && time !== null) {
    return { time, quality: null };
  }
  if (quality === "relative" && time !== null && entry.bootTime !== null) {
    return { time: Math.round(entry.bootTime + time), quality: "relative" };
  }
  return { time: Math.round(entry.received), quality: "unknown" };
}
