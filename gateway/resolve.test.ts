import fc from "fast-check";
import { expect, it } from "vitest";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { isFault } from "../protocols/fault.ts";
import { encodeUp } from "../protocols/message.ts";
import { createPackWriter } from "../protocols/pack.ts";
import { type Shape, shapeId, shapeOf } from "../protocols/shape.ts";
import { encodeGap, encodeMessageEntry, entryKind } from "./entry.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import { countRecords, resolveEntry } from "./resolve.ts";
import type { Gap } from "./sink.ts";

const renewed: DeviceEntry = {
  device: "urn:dev:ops:pb-test-meter-1",
  name: "pb-test-meter-1",
  kid: 3,
  firstKid: 1,
  alg: 0,
  root: new Uint8Array(16),
  state: "active",
  personal: true,
};
const gap: Gap = { device: renewed.device, epoch: 2, from: 5, to: 6, state: "open", reason: "not received" };

function gapsAt(kid: number | null, sink: string, of: Partial<Gap> = {}) {
  const context = { shape: () => null, device: () => renewed, sink, backlogBefore: 0 };
  const resolved = resolveEntry(entryKind.gap, encodeGap({ gap: { ...gap, ...of }, kid }), context);
  return isFault(resolved) ? resolved : resolved.gaps;
}

it("shows a gap of a later key in the epochs that its records have", () => {
  expect(gapsAt(3, "city")).toEqual([{ ...gap, epoch: 3 * 65536 + 2 }]);
});

it("leaves a gap alone that was taken from records, and so counts as the city does", () => {
  expect(gapsAt(null, "city")).toEqual([gap]);
});

it("shows a sink no gap of another", () => {
  expect(gapsAt(null, "city", { sink: "other" })).toEqual([]);
  expect(gapsAt(null, "other", { sink: "other" })).toHaveLength(1);
});

const shape = shapeOf(
  [
    { quantity: "temperature", exponent: -2 },
    { quantity: "relativeHumidity", exponent: -1 },
  ],
  "interval",
  "rows",
) as Shape;

it("counts the records of an entry without making them", () => {
  const value = fc.option(fc.integer({ min: 0, max: 1000 }), { nil: null });
  const rows = fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 });
  const knows = fc.record({
    shape: fc.boolean(),
    device: fc.boolean(),
    parked: fc.boolean(),
    whole: fc.boolean(),
  });
  fc.assert(
    fc.property(rows, knows, (drawn, known) => {
      const writer = createPackWriter({ shape, id: shapeId(nodeCrypto, shape), rowsMax: 20 });
      writer.begin({ time: 1_763_000_000_000, timeQuality: "synced", step: 1000 });
      for (const [i, row] of drawn.entries()) {
        writer.add(1_763_000_000_000 + 1000 * i, row);
      }
      const body = known.whole ? writer.flush() : writer.flush().slice(0, -1);
      const payload = entryOf(body, known.parked);
      const context = {
        shape: () => (known.shape ? shape : null),
        device: () => (known.device ? renewed : null),
        sink: "city",
        backlogBefore: 0,
      };
      const resolved = resolveEntry(entryKind.message, payload, context);
      const expected = isFault(resolved) ? 0 : resolved.records.length;
      expect(countRecords(entryKind.message, payload, context)).toBe(expected);
      expect(countRecords(entryKind.unusable, payload, context)).toBe(0);
    }),
  );
  const asks = entryOf(encodeUp({ type: "time-request" }), false);
  expect(countRecords(entryKind.message, asks, { shape: () => shape, device: () => renewed })).toBe(0);
});

function entryOf(body: Uint8Array, parked: boolean): Uint8Array {
  const [received, tag] = [1_763_000_000_000, new Uint8Array(8)];
  return encodeMessageEntry({
    kid: 3,
    epoch: 1,
    piv: 7,
    received,
    bootTime: null,
    parked,
    released: false,
    tag,
    body,
  });
}
