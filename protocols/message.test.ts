import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import { type CborValue, encodeCbor } from "./cbor.ts";
import { isFault } from "./fault.ts";
import { type DownMessage, decodeDown, decodeUp, encodeDown, encodeUp, type UpMessage } from "./message.ts";
import type { Ranges } from "./ranges.ts";

const count = fc.maxSafeInteger().map(Math.abs);
const epoch = fc.integer({ min: 0, max: 65535 });
const piv = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4294967295 }));
const text = fc.string({ unit: "grapheme", maxLength: 16 }).filter((value) => value.length <= 64);
const ranges: fc.Arbitrary<Ranges> = fc
  .uniqueArray(piv, { maxLength: 128 })
  .map((ends) => ends.sort((a, b) => a - b))
  .map((ends) =>
    ends.flatMap((from, i) => (i % 2 === 0 && i + 1 < ends.length ? [[from, ends[i + 1]!] as const] : [])),
  );
const content: fc.Arbitrary<CborValue> = fc.oneof(
  count,
  fc.constant(null),
  fc.array(count, { maxLength: 4 }),
  fc.record({ tag: fc.constantFrom(72, 77, 78), value: fc.uint8Array({ maxLength: 40 }) }),
  fc
    .constant({
      pairs: [
        ["columns", ["activePower", -2, 32]],
        ["time", "interval"],
      ],
    } as CborValue)
    .map(sorted),
);
function sorted(value: CborValue): CborValue {
  return typeof value === "object" && value !== null && "pairs" in value
    ? { pairs: [value.pairs[1]!, value.pairs[0]!] }
    : value;
}

const up: fc.Arbitrary<UpMessage> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    firmware: text,
    board: text,
    shapes: fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }).map(toHex), { maxLength: 32 }),
    bootReason: text,
    uptime: count,
    previousEpoch: fc.option(epoch),
    lastPiv: fc.option(piv),
    rowsDropped: count,
  }),
  fc.array(content, { maxLength: 5 }).map((parts) => ({ type: "pack" as const, value: [1, ...parts] })),
  fc.record({ type: fc.constant("dropped" as const), ranges, reason: text, epoch: fc.option(epoch) }),
  fc.record({
    type: fc.constant("status" as const),
    uptime: count,
    rowsDropped: count,
    outbox: fc.record({ frames: count, bytes: count, bytesMax: count }),
    faults: fc
      .uniqueArray(fc.tuple(fc.constantFrom("silent", "bus", "checksum", "link", "full"), count), {
        selector: (pair) => pair[0],
      })
      .map((pairs) => pairs.sort((a, b) => a[0].length - b[0].length || (a[0] < b[0] ? -1 : 1))),
  }),
  fc.record({ type: fc.constant("shape" as const), shape: content }),
  fc.constant({ type: "time-request" as const }),
);

const down: fc.Arbitrary<DownMessage> = fc.oneof(
  fc.record({ type: fc.constant("ack" as const), deviceEpoch: epoch, ranges }),
  fc.record({ type: fc.constant("nack" as const), deviceEpoch: epoch, piv, code: text }),
  fc.record({ type: fc.constant("time" as const), deviceEpoch: epoch, answers: piv, unix: count }),
  fc.record({
    type: fc.constant("command" as const),
    deviceEpoch: epoch,
    name: fc.constantFrom(
      "interval" as const,
      "identify" as const,
      "restart" as const,
      "send-shape" as const,
    ),
    arguments: content,
  }),
);

const directions = [
  { name: "up", any: up, encode: (message: never) => encodeUp(message), decode: decodeUp },
  { name: "down", any: down, encode: (message: never) => encodeDown(message), decode: decodeDown },
];

describe.each(directions)("a message $name", ({ any, encode, decode }) => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(any, (message) => {
        expect(decode(encode(message as never))).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });

  it("is refused wherever it is cut", () => {
    fc.assert(
      fc.property(any, (message) => {
        const bytes = encode(message as never);
        for (let length = 0; length < bytes.length; length++) {
          expect(decode(bytes.subarray(0, length))).toMatchObject({ fault: "truncated" });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("is refused with any bit flipped, or is another message in its one encoding", () => {
    fc.assert(
      fc.property(any, (message) => {
        const bytes = encode(message as never);
        for (let bit = 0; bit < 8 * bytes.length; bit++) {
          bytes[bit >> 3]! ^= 1 << (bit & 7);
          const other = decode(bytes);
          if (!isFault(other)) {
            expect(toHex(encode(other as never))).toBe(toHex(bytes));
          }
          bytes[bit >> 3]! ^= 1 << (bit & 7);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is never made of random bytes that would be written otherwise", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.uint8Array({ maxLength: 40 }), (type, bytes) => {
        const array = Uint8Array.of(0x81 + (bytes.length & 3), type, ...bytes);
        const message = decode(array);
        if (!isFault(message)) {
          expect(toHex(encode(message as never))).toBe(toHex(array));
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("messages on the wire", () => {
  it.each<[string, UpMessage | DownMessage, string]>([
    [
      "an acknowledgement of two ranges",
      {
        type: "ack",
        deviceEpoch: 3,
        ranges: [
          [0, 5],
          [7, 300],
        ],
      },
      "8300038400050719012c",
    ],
    ["a refusal", { type: "nack", deviceEpoch: 3, piv: 9, code: "content" }, "8401030967636f6e74656e74"],
    [
      "a time answer",
      { type: "time", deviceEpoch: 3, answers: 0, unix: 1795453200000 },
      "840203001b000001a20959a680",
    ],
    [
      "a command",
      { type: "command", deviceEpoch: 3, name: "restart", arguments: null },
      "8403036772657374617274f6",
    ],
    [
      "what was given up",
      { type: "dropped", ranges: [[4, 4]], reason: "full", epoch: null },
      "83028204046466756c6c",
    ],
    ["a time request", { type: "time-request" }, "8105"],
  ])("has %s in these bytes", (_, message, hex) => {
    const bytes = isUp(message) ? encodeUp(message) : encodeDown(message);
    expect(toHex(bytes)).toBe(hex);
  });

  it.each([
    ["an acknowledgement of a range that ends before it begins", "830003820504"],
    ["ranges out of order", "8300038407080001"],
    ["ranges that overlap", "8300038400050508"],
    ["a range without an end", "8300038105"],
    ["65 ranges", toHex(encodeCbor([0, 3, Array.from({ length: 130 }, (_, i) => 2 * i)]))],
    ["a PIV of 33 bits", "8400031b000000010000000000"],
    ["an epoch of 17 bits", "83001a0001000080"],
    ["a command that nobody knows", "8403036465617365f6"],
    ["an acknowledgement with more in it", "8400038000"],
    ["an acknowledgement with a float for an epoch", "8300f9420080"],
  ])("refuses %s", (_, hex) => {
    expect(decodeDown(fromHex(hex)!)).toMatchObject({ fault: "syntax" });
  });

  it.each([
    ["a hello without a field", "8200a165626f61726460"],
    ["a hello that is an array", "820080"],
    ["a status with a field of its own", "8203a16376617200"],
    ["no array", "00"],
    ["an empty array", "80"],
  ])("refuses %s from a device", (_, hex) => {
    expect(decodeUp(fromHex(hex)!)).toMatchObject({ fault: "syntax" });
  });

  it("refuses a hello with a text of 65 characters", () => {
    const hello: UpMessage = {
      type: "hello",
      firmware: "1".repeat(65),
      board: "linux",
      shapes: [],
      bootReason: "power",
      uptime: 0,
      previousEpoch: null,
      lastPiv: null,
      rowsDropped: 0,
    };
    expect(decodeUp(encodeUp(hello))).toMatchObject({ fault: "syntax" });
    expect(decodeUp(encodeUp({ ...hello, firmware: "1".repeat(64) }))).toMatchObject({ type: "hello" });
  });

  it("says of a type that comes later that it is not known here", () => {
    expect(decodeUp(fromHex("8106")!)).toMatchObject({ fault: "unsupported" });
    expect(decodeDown(fromHex("820400")!)).toMatchObject({ fault: "unsupported" });
  });

  it("sorts the faults of a status, in whatever order they were counted", () => {
    const status: UpMessage = {
      type: "status",
      uptime: 1,
      rowsDropped: 0,
      outbox: { frames: 0, bytes: 0, bytesMax: 100 },
      faults: [
        ["silent", 2],
        ["bus", 1],
      ],
    };
    expect(decodeUp(encodeUp(status))).toEqual({
      ...status,
      faults: [
        ["bus", 1],
        ["silent", 2],
      ],
    });
  });
});

function isUp(message: UpMessage | DownMessage): message is UpMessage {
  return ["hello", "pack", "dropped", "status", "shape", "time-request"].includes(message.type);
}
