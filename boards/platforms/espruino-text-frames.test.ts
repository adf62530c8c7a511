import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, byteText } from "../../protocols/cbor-small.ts";
import { encodeFrame } from "../../protocols/framing.ts";
import { unwrapText, wrapText } from "./espruino-text-frames.ts";

/** Bytes among which zeros and long runs without any are usual. */
const frames = fc
  .array(fc.tuple(fc.constantFrom(0, 1, 7, 255), fc.constantFrom(1, 2, 30, 252, 253, 254, 255, 256)), {
    minLength: 1,
    maxLength: 4,
  })
  .map((runs) => Uint8Array.from(runs.flatMap(([byte, length]) => Array<number>(length).fill(byte))));

describe("frames as texts on a board's line", () => {
  it("are the same bytes as those of framing.ts, and come back", () => {
    fc.assert(
      fc.property(fc.oneof(frames, fc.uint8Array({ minLength: 1, maxLength: 600 })), (frame) => {
        const wrapped = wrapText(byteText(frame));
        const whole = byteText(encodeFrame(frame));
        expect(whole.endsWith(wrapped)).toBe(true);
        expect(whole.length - wrapped.length).toBeLessThanOrEqual(1); // a zero before it, where the line may have had noise
        expect(unwrapText(wrapped.slice(0, -1))).toBe(byteText(frame));
      }),
      { numRuns: 500 },
    );
  });

  it("are none where a bit was flipped, and for any other bytes", () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.nat(7), (frame, place, bit) => {
        const wrapped = bytesOf(wrapText(byteText(frame)));
        const at = place % (wrapped.length - 1);
        wrapped[at] ^= 1 << bit;
        expect(unwrapText(byteText(wrapped).slice(0, -1))).toBe("");
      }),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        const found = unwrapText(byteText(noise));
        expect(found === "" || noise.length > found.length).toBe(true);
      }),
    );
  });
});
