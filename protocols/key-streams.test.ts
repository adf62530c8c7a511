import { beforeEach, describe, expect, it } from "vitest";
import { KeyStreamRoom, KeyStreams, lowestNeighbour } from "./key-streams.ts";

/** Calls of the cipher, by how many blocks of each nonce it made. */
let calls: number[];
let room: KeyStreamRoom;

beforeEach(() => {
  calls = [];
  room = new KeyStreamRoom();
});

function key(): KeyStreams {
  return new KeyStreams(room, (nonce, count) => {
    calls.push(count);
    return Uint8Array.from(
      { length: 16 * 16 * count },
      (_, i) => lowestNeighbour(nonce) + Math.floor(i / (16 * count)),
    );
  });
}

function nonceOf(number: number): Uint8Array {
  return Uint8Array.from([...new Uint8Array(11), number >> 8, number & 255]);
}

describe("key streams made ahead", () => {
  it("serve what follows the second message of a run, sixteen with one call", () => {
    const streams = key();
    const found = Array.from({ length: 32 }, (_, number) => streams.find(nonceOf(number), 3));
    expect(found.filter((at) => at < 0)).toHaveLength(2);
    expect(calls).toEqual([3, 3]);
  });

  it("are those of the nonce that is asked for", () => {
    const streams = key();
    for (const number of [0x1a4, 0x1a5, 0x1af, 0x1a0]) {
      const at = streams.find(nonceOf(number), 2);
      expect(at < 0 ? number & 255 : streams.bytes[at]).toBe(number & 255);
      expect(at < 0 || streams.bytes.subarray(at, at + 32).every((byte) => byte === (number & 255))).toBe(
        true,
      );
    }
    expect(calls).toEqual([2]);
  });

  it("are not made for a device that sends one message while many others send theirs", () => {
    const all = Array.from({ length: 200 }, () => key());
    for (let number = 0; number < 16; number++) {
      for (const streams of all) {
        expect(streams.find(nonceOf(number), 3)).toBe(-1);
      }
    }
    expect(calls).toEqual([]);
  });

  it("are not made for long messages", () => {
    const streams = key();
    for (let number = 0; number < 16; number++) {
      expect(streams.find(nonceOf(number), 10)).toBe(-1);
    }
    expect(calls).toEqual([]);
  });

  it("are made anew for a message that is longer than they reach", () => {
    const streams = key();
    streams.find(nonceOf(0), 2);
    streams.find(nonceOf(1), 2);
    const at = streams.find(nonceOf(2), 5);
    expect([at, streams.bytes.length]).toEqual([2 * 5 * 16, 16 * 5 * 16]);
    expect(streams.find(nonceOf(3), 2)).toBe(3 * 5 * 16);
    expect(calls).toEqual([2, 5]);
  });

  it("give their place to the next key when all places are taken", () => {
    const first = key();
    first.find(nonceOf(0), 2);
    first.find(nonceOf(1), 2);
    for (let others = 0; others < 64; others++) {
      const other = key();
      other.find(nonceOf(0), 2);
      other.find(nonceOf(1), 2);
    }
    expect(first.find(nonceOf(2), 2)).toBe(-1);
  });
});
