import fc from "fast-check";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import { boardFrameMax, frameFinder, unwrapFrame, wrapFrame } from "./espruino-frames.ts";

const text = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const bytesOf = (characters: string) => Uint8Array.from(characters, (one) => one.charCodeAt(0));

/** Zeros are what COBS is about, and runs of 254 without one. */
const frames = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: boardFrameMax }),
  fc
    .array(fc.constantFrom(0, 0, 1, 255), { minLength: 1, maxLength: 40 })
    .map((list) => new Uint8Array(list)),
  fc.integer({ min: 240, max: 270 }).map((length) => new Uint8Array(length).fill(7)),
);

function found(line: string, cut: number): Uint8Array[] {
  const list: Uint8Array[] = [];
  const take = frameFinder((frame) => list.push(frame));
  for (let at = 0; at < line.length; at += cut) {
    take(line.slice(at, at + cut));
  }
  return list;
}

beforeEach(() => {
  vi.stubGlobal("E", { toUint8Array: bytesOf });
});

describe("a board's frames on a serial line", () => {
  it("are the same bytes as the gateway's", () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(wrapFrame(frame)).toEqual(encodeFrame(frame));
      }),
      { numRuns: 500 },
    );
  });

  it("are read back, however the line is cut", () => {
    fc.assert(
      fc.property(
        fc.array(frames, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 700 }),
        (list, cut) => {
          expect(found(list.map((frame) => text(encodeFrame(frame))).join(""), cut)).toEqual(list);
        },
      ),
    );
  });

  it("are never taken with a flipped bit, nor short, but where the gateway's reader takes them too", () => {
    const whole = encodeFrame(new Uint8Array([0, 1, 2, 0, 0, 3, 255]));
    const line = whole.subarray(0, whole.length - 1);
    for (let bit = 0; bit < 8 * line.length; bit++) {
      const damaged = new Uint8Array(line);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      if (damaged[bit >> 3] !== 0) {
        expect(unwrapFrame(damaged)).toBeNull();
      }
    }
    for (let length = 0; length < line.length; length++) {
      expect(unwrapFrame(line.subarray(0, length))).toBeNull();
    }
  });

  it("are found by both readers in any noise, the same ones", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(frames.map(encodeFrame), fc.uint8Array({ maxLength: 30 }))), (parts) => {
        const line = new Uint8Array(parts.flatMap((part) => [...part]));
        const expected: Uint8Array[] = [];
        new FrameReader().push(
          line,
          (frame) => expected.push(frame),
          () => {},
        );
        expect(found(text(line), 64)).toEqual(expected);
      }),
    );
  });

  it("hold no more than twice the longest of a line that never ends one", () => {
    const frame = new Uint8Array([9, 9]);
    const noise = "x".repeat(100_000);
    expect(found(`${noise}\0${text(encodeFrame(frame))}`, 500)).toEqual([frame]);
  });
});
