import { describe, expect, it } from "vitest";
import { crc32c } from "../../protocols/crc.ts";
import { put32 } from "./block.ts";
import { boundsMax, readSegmentHeader, segmentHeaderLength, writeSegmentHeader } from "./segment-header.ts";

const header = {
  epoch: 3,
  salt: 9,
  first: 2 ** 40 + 1,
  created: 1_700_000_000_000,
  synchronised: true,
  bounds: [
    { epoch: 1, until: 2 ** 33 },
    { epoch: 2, until: 2 ** 34 + 5 },
  ],
};

function pageOf(): Uint8Array {
  const page = new Uint8Array(segmentHeaderLength);
  writeSegmentHeader(page, header);
  return page;
}

describe("a segment's header", () => {
  it("survives any flipped bit and the loss of either copy", () => {
    for (let bit = 0; bit < segmentHeaderLength * 8; bit += 1) {
      const page = pageOf();
      page[bit >> 3] ^= 1 << (bit & 7);
      expect(readSegmentHeader(page)).toEqual(header);
    }
    expect(readSegmentHeader(pageOf().fill(0, 0, 2048))).toEqual(header);
    expect(readSegmentHeader(pageOf().fill(0, 2048))).toEqual(header);
  });

  it("tells a page never written from one that is damaged", () => {
    expect(readSegmentHeader(new Uint8Array(segmentHeaderLength))).toBe("empty");
    expect(readSegmentHeader(pageOf().fill(1, 0, 1).fill(1, 2048, 2049))).toBe("damaged");
    expect(readSegmentHeader(pageOf().subarray(0, 40))).toBe("damaged");
  });

  it("takes the newer of two copies that differ", () => {
    const page = pageOf();
    const older = new Uint8Array(segmentHeaderLength);
    writeSegmentHeader(older, { ...header, epoch: 2 });
    page.set(older.subarray(2048), 2048);
    expect(readSegmentHeader(page)).toEqual(header);
  });

  it("keeps the newest bounds within one sector, and holds without any", () => {
    const many = Array.from({ length: 50 }, (_, epoch) => ({ epoch, until: 10 * epoch }));
    const page = new Uint8Array(segmentHeaderLength);
    writeSegmentHeader(page, { ...header, bounds: many });
    expect(readSegmentHeader(page)).toEqual({ ...header, bounds: many.slice(-boundsMax) });
    expect(page.subarray(512, 2048).every((byte) => byte === 0)).toBe(true);
    writeSegmentHeader(page.fill(0), { ...header, bounds: [] });
    expect(readSegmentHeader(page)).toEqual({ ...header, bounds: [] });
  });

  it("of another version is not called damage", () => {
    const page = pageOf();
    page[7] = 0x32;
    put32(page, 60, crc32c(page, 64, 64 + 24, crc32c(page, 0, 60, 0)));
    expect(readSegmentHeader(page)).toBe("newer");
  });
});
