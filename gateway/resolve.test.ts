import { expect, it } from "vitest";
import { isFault } from "../protocols/fault.ts";
import { encodeGap, entryKind } from "./entry.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import { resolveEntry } from "./resolve.ts";
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
