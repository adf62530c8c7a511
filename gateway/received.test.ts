import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeDeviceState, decodeMessageEntry, encodeDeviceState, encodeMessageEntry } from "./entry.ts";
import { Received } from "./received.ts";

const tag = (n: number): Uint8Array => new Uint8Array([0, 0, 0, 0, 0, 0, n >> 8, n & 255]);

describe("what has arrived from a device", () => {
  it("is known exactly for the newest epoch and the four before, in whatever order it came", () => {
    const message = fc.tuple(fc.nat(9), fc.nat(40));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 120 }), (messages) => {
        const received = new Received();
        const seen = new Set<string>();
        let newest = -1;
        for (const [epoch, piv] of messages) {
          const standing = received.standing(epoch, piv);
          const expected =
            epoch < newest - 4 ? "old-epoch" : seen.has(`${epoch}/${piv}`) ? "received" : "new";
          expect(standing).toBe(expected);
          if (standing === "new") {
            received.reserve(epoch, piv, tag(piv));
            expect(received.standing(epoch, piv)).toBe("reserved");
            received.commit(epoch, piv);
            seen.add(`${epoch}/${piv}`);
            newest = Math.max(newest, epoch);
          }
        }
      }),
    );
  });

  it("survives a snapshot and what is read again after it", () => {
    const message = fc.tuple(fc.nat(6), fc.nat(40));
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 60 }),
        fc.array(message, { maxLength: 20 }),
        (before, after) => {
          const original = new Received();
          for (const [epoch, piv] of before) {
            original.restoreMessage(epoch, piv, tag(piv));
          }
          original.setBootTime(Math.max(0, original.newest), 1_763_000_000_000);
          const state = decodeDeviceState(encodeDeviceState(original.snapshot(7, true)));
          const copy = new Received();
          expect("fault" in state).toBe(false);
          if (!("fault" in state)) {
            copy.restore(state);
          }
          for (const [epoch, piv] of after) {
            original.restoreMessage(epoch, piv, tag(piv));
            copy.restoreMessage(epoch, piv, tag(piv));
          }
          expect(copy.epochs()).toEqual(original.epochs());
        },
      ),
    );
  });

  it("frees a place whose commit failed, so that the device's next try counts", () => {
    const received = new Received();
    received.reserve(3, 5, tag(5));
    received.release(3, 5);
    expect(received.standing(3, 5)).toBe("new");
  });

  it("tells a resend from a clone by the tag", () => {
    const received = new Received();
    received.reserve(0, 1, tag(1));
    expect(received.sameTag(0, 1, tag(1))).toBe(true);
    expect(received.sameTag(0, 1, tag(2))).toBe(false);
  });

  it("keeps at most 64 ranges an epoch and says which numbers it gives up", () => {
    const received = new Received();
    const givenUp: (readonly [number, number])[] = [];
    for (let piv = 0; piv < 200; piv += 2) {
      givenUp.push(...received.commit(0, piv));
    }
    expect(received.epochs()[0]?.received.length).toBe(64);
    expect(givenUp.slice(0, 3)).toEqual([
      [1, 1],
      [3, 3],
      [5, 5],
    ]);
    expect(received.standing(0, 1)).toBe("received");
    expect(received.standing(0, 199)).toBe("new");
  });
});

describe("spool entries", () => {
  it("carry a message with its identity there and back", () => {
    const entry = fc.record({
      kid: fc.nat(0xffff),
      epoch: fc.nat(0xffff),
      piv: fc.nat(0xffffffff),
      received: fc.nat(4e12),
      bootTime: fc.option(fc.nat(4e12)),
      parked: fc.boolean(),
      released: fc.boolean(),
      tag: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      body: fc.uint8Array(),
    });
    fc.assert(
      fc.property(entry, (value) => {
        expect(decodeMessageEntry(encodeMessageEntry(value))).toEqual(value);
      }),
    );
  });

  it("are refused when cut short", () => {
    for (let length = 0; length < 33; length++) {
      expect(decodeMessageEntry(new Uint8Array(length))).toMatchObject({ fault: "truncated" });
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        decodeDeviceState(bytes);
      }),
    );
  });
});
