/** The messages in a spool as people and programs read them, taken from looks at its rings: in the order in which they came. */
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { type Fault, isFault } from "../protocols/fault.ts";
import { decodeUp, type UpMessage } from "../protocols/message.ts";
import { bodyType, decodeGap, decodeMessageEntry, entryKind } from "./entry.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import { resolveEntry } from "./resolve.ts";
import type { RingName } from "./rings.ts";
import { Shapes } from "./shapes.ts";
import type { CityRecord, Gap } from "./sink.ts";
import type { SpoolLook } from "./spool/look.ts";
import type { SpoolEntry } from "./spool/spool.ts";
import { byTime, entriesFrom } from "./spool-order.ts";

/** One entry of the spool and what it says. */
export interface SpoolMessage {
  readonly ring: RingName;
  readonly offset: number;
  /** When the gateway had it, Unix ms. */
  readonly received: number;
  /** URN, or `kid:<number>` where the registry no longer knows it. */
  readonly device: string;
  readonly epoch: number | null;
  readonly piv: number | null;
  readonly type: UpMessage["type"] | "unusable" | "gap";
  readonly records: readonly CityRecord[];
  readonly gaps: readonly Gap[];
  /** Why it has no records though it might; null where nothing is in the way. */
  readonly fault: Fault | null;
}

export interface RingLook {
  readonly ring: RingName;
  readonly look: SpoolLook;
}

export class SpoolMessages {
  readonly #device: (kid: number) => DeviceEntry | null;
  readonly #shapes = new Shapes(nodeCrypto);

  constructor(device: (kid: number) => DeviceEntry | null) {
    this.#device = device;
  }

  /** Learns the shapes that packs need: from the newest snapshot, which has all before it, and from what follows. */
  learn(rings: readonly RingLook[]): void {
    for (const { look } of rings) {
      const snapshot = look.latestSnapshot();
      for (const entry of snapshot?.entries ?? []) {
        this.#learnFrom(entry);
      }
      for (const entry of entriesFrom(look, snapshot?.from ?? look.tail)) {
        this.#learnFrom(entry);
      }
    }
  }

  /** Every message from these offsets on, ring beside ring, by the time it came. What only the gateway needs is left out. */
  *from(rings: readonly (RingLook & { readonly offset: number })[]): Generator<SpoolMessage> {
    const sources = rings.map(({ ring, look, offset }) => ({ ring, entries: entriesFrom(look, offset) }));
    for (const { ring, entry } of byTime(sources)) {
      this.#learnFrom(entry);
      const message = this.message(ring, entry);
      if (message !== null) {
        yield message;
      }
    }
  }

  /** What one entry says; null for what concerns the gateway alone. */
  message(ring: RingName, { kind, payload, offset, time }: SpoolEntry): SpoolMessage | null {
    const place = { ring, offset, received: time, epoch: null, piv: null, records: [], gaps: [] } as const;
    if (kind === entryKind.gap) {
      const stored = decodeGap(payload);
      return isFault(stored)
        ? null
        : { ...place, device: stored.gap.device, type: "gap", gaps: [stored.gap], fault: null };
    }
    if (kind !== entryKind.message && kind !== entryKind.unusable) {
      return null;
    }
    const entry = decodeMessageEntry(payload);
    if (isFault(entry)) {
      return { ...place, device: "?", type: "unusable", fault: entry };
    }
    const { kid, epoch, piv } = entry;
    const identity = { ...place, device: this.#device(kid)?.device ?? `kid:${kid}`, epoch, piv };
    const message = kind === entryKind.unusable ? null : decodeUp(entry.body);
    if (message === null || isFault(message)) {
      return { ...identity, type: "unusable", fault: message };
    }
    const resolved = resolveEntry(kind, payload, {
      shape: (id) => this.#shapes.get(id),
      device: this.#device,
      sink: "",
      backlogBefore: 0,
    });
    return isFault(resolved)
      ? { ...identity, type: message.type, fault: resolved }
      : { ...identity, type: message.type, fault: null, ...resolved };
  }

  #learnFrom({ kind, payload }: SpoolEntry): void {
    if (kind === entryKind.shape) {
      this.#shapes.learnEncoded(payload);
    }
    const entry = kind === entryKind.message ? decodeMessageEntry(payload) : null;
    if (entry !== null && !isFault(entry) && entry.body[1] === bodyType.shape) {
      const message = decodeUp(entry.body);
      if (!isFault(message) && message.type === "shape") {
        this.#shapes.learn(message.shape);
      }
    }
  }
}
