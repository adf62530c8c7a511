import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "./bytes.ts";
import { nodeCiphers } from "./crypto-node.ts";
import { isFault } from "./fault.ts";
import type { BadTelegram, Telegram } from "./meter.ts";
import { framedBy, type ReceiverName, receiverNames, wmbusBehind } from "./wmbus-receiver.ts";
import { writeWireless } from "./wmbus-write.ts";

const key = fromHex("000102030405060708090a0b0c0d0e0f")!;
const framed = receiverNames.filter((name) => name !== "plain");

function telegram(id: string, security: "none" | "mode5", number = 1): Uint8Array {
  const written = writeWireless(
    {
      address: concat([fromHex("7704")!, fromHex(id)!.reverse(), fromHex("0e07")!]),
      accessNumber: number,
      data: fromHex("0c1301421500")!,
      security,
      key,
      counter: new Uint8Array(4),
    },
    nodeCiphers,
  );
  if (isFault(written)) {
    throw new Error(written.detail);
  }
  return written;
}

function decode(name: string, bytes: Uint8Array, size = bytes.length): (Telegram | BadTelegram)[] {
  const decoder = wmbusBehind(name).decoder({ ciphers: nodeCiphers, key });
  const results: (Telegram | BadTelegram)[] = [];
  for (let at = 0; at < bytes.length; at += Math.max(1, size)) {
    results.push(...decoder.push(bytes.subarray(at, at + size)));
  }
  return [...results, ...decoder.end()];
}

/** What was read: meters with their values; the codes of faults. */
function said(results: readonly (Telegram | BadTelegram)[]): string[] {
  return results.map((result) =>
    isFault(result) ? result.fault : `${result.meter} ${result.records!.map(({ raw }) => raw).join()}`,
  );
}

const water = telegram("66600102", "none");
const sealed = telegram("66600103", "mode5", 7);

describe("the frames of a wireless receiver", () => {
  it.each(framed)("%s: telegrams come out of them, sealed ones too, in any pieces", (name) => {
    const line = concat([framedBy(name, water), framedBy(name, sealed), framedBy(name, water)]);
    const expected = ["66600102 01421500", "66600103 01421500", "66600102 01421500"];
    for (const size of [1, 7, line.length]) {
      expect(said(decode(name, line, size))).toEqual(expected);
    }
    expect(decode(name, line).map(({ offset }) => offset)).toEqual([
      0,
      framedBy(name, water).length,
      framedBy(name, water).length + framedBy(name, sealed).length,
    ]);
  });

  it("are those of the makers' descriptions, byte by byte", () => {
    // a5, radio link with field strength and CRC, telegram, length, telegram from its C field on, field strength, CRC-16/X-25.
    expect(toHex(framedBy("im871a", water))).toMatch(/^a5c20314447704020160660e07.*9c[0-9a-f]{4}$/);
    // ff, CMD_DATA_IND, length, telegram from its C field on, XOR of all before.
    expect(toHex(framedBy("amber", water))).toMatch(/^ff0314447704.*[0-9a-f]{2}$/);
    expect(toHex(framedBy("amber-rssi", water))).toMatch(/^ff0315447704.*9c[0-9a-f]{2}$/);
  });

  it("of an iM871A may have a time stamp, and no CRC", () => {
    const content = water.subarray(1);
    const stamped = concat([
      Uint8Array.of(0xa5, 0x22, 0x03, content.length),
      content,
      Uint8Array.of(1, 2, 3, 4),
    ]);
    expect(said(decode("im871a", concat([stamped, framedBy("im871a", sealed)])))).toEqual([
      "66600102 01421500",
      "66600103 01421500",
    ]);
  });

  it("that are answers to somebody's commands are no telegrams and no faults", () => {
    const ping = fromHex("a5010200")!; // iM871A: device management, ping response
    const mode = fromHex("ff840100" + "7a")!; // Amber: CMD_SET_MODE_REQ confirmed
    expect(said(decode("im871a", concat([ping, framedBy("im871a", water)])))).toEqual(["66600102 01421500"]);
    expect(said(decode("amber", concat([mode, framedBy("amber", water)])))).toEqual(["66600102 01421500"]);
  });

  it.each(framed)("%s: no flipped bit gives another reading", (name) => {
    const frame = framedBy(name, water);
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const changed = new Uint8Array(frame);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      // One bit of an iM871A's control byte switches its CRC off: then only the telegram itself can tell.
      const checked = name !== "im871a" || (changed[1]! & 0x80) !== 0;
      const read = said(decode(name, changed)).filter((one) => one.includes(" "));
      expect(checked ? read : read.filter((one) => one !== "66600102 01421500")).toEqual([]);
    }
  });

  it.each(framed)("%s: no prefix gives a reading, and the next whole frame is found", (name) => {
    const frame = framedBy(name, water);
    for (let length = 1; length < frame.length; length++) {
      expect(said(decode(name, frame.subarray(0, length))).filter((one) => one.includes(" "))).toEqual([]);
      const both = concat([frame.subarray(0, length), framedBy(name, sealed), framedBy(name, water)]);
      expect(said(decode(name, concat([both, new Uint8Array(300)])))).toContain("66600102 01421500");
    }
  });

  it.each(framed)(
    "%s: any bytes in any pieces give no exception, and the same however they are cut",
    (name) => {
      fc.assert(
        fc.property(
          fc.array(
            fc.oneof(
              fc.uint8Array({ maxLength: 40 }),
              fc.constant(framedBy(name as ReceiverName, water)),
              fc.constant(Uint8Array.of(framedBy(name, water)[0]!)),
            ),
            { maxLength: 8 },
          ),
          fc.integer({ min: 1, max: 30 }),
          (parts, size) => {
            const line = concat(parts);
            expect(said(decode(name, line, size))).toEqual(said(decode(name, line)));
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it("under another receiver's name is told as such, and never read", () => {
    const results = decode("im871a", framedBy("amber", water));
    expect(results).toMatchObject([{ fault: "syntax", detail: expect.stringContaining("another receiver") }]);
  });
});
