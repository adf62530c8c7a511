import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineWindow, type TakeAt } from "./line-window.ts";

/** Takes frames of a length byte and as many bytes behind it, and notes where they began. */
function reader(size: number) {
  const taken: { offset: number; bytes: number[] }[] = [];
  const take: TakeAt = (at, ended) => {
    const length = 1 + window.bytes[at]!;
    if (at + length > window.filled) {
      return ended ? 1 : 0;
    }
    taken.push({ offset: window.base + at, bytes: [...window.bytes.subarray(at, at + length)] });
    return length;
  };
  const window = new LineWindow(size, take);
  return { window, taken };
}

const frames = fc.array(fc.uint8Array({ maxLength: 15 }), { maxLength: 30 });

describe("the window on a line", () => {
  it("gives each frame once, with its offset, however the bytes are cut", () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 })), (contents, cuts) => {
        const { window, taken } = reader(16);
        const line = Uint8Array.from(contents.flatMap((content) => [content.length, ...content]));
        let at = 0;
        for (const cut of [...cuts, line.length]) {
          window.push(line.subarray(at, at + cut));
          at += cut;
        }
        let offset = 0;
        for (const [i, content] of contents.entries()) {
          expect(taken[i]).toEqual({ offset, bytes: [content.length, ...content] });
          offset += content.length + 1;
        }
        expect(window.filled).toBe(0);
        expect(window.base).toBe(line.length);
      }),
    );
  });

  it("keeps what waits for more bytes, and is empty behind the end", () => {
    const { window, taken } = reader(16);
    window.push(Uint8Array.of(3, 1, 2));
    expect(window.filled).toBe(3);
    window.end();
    expect([window.filled, window.base]).toEqual([0, 3]);
    expect(taken.map(({ offset }) => offset)).toEqual([1]);
  });
});
