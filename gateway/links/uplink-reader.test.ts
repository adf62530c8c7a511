import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UplinkReader } from "./uplink-reader.ts";

const topic = "t/up";
const payloadMax = 300;

/** A PUBLISH; the length as it is to be written, if not in the shortest way. */
function publish(first: number, to: string, id: number, payload: Uint8Array, length?: number[]): Buffer {
  const body = Buffer.concat([
    Buffer.from([0, to.length]),
    Buffer.from(to),
    Buffer.from([id >> 8, id & 255]),
    payload,
  ]);
  const n = body.length;
  return Buffer.concat([
    Buffer.from([first, ...(length ?? (n < 128 ? [n] : [(n & 127) | 128, n >> 7]))]),
    body,
  ]);
}

function readAll(chunks: readonly Buffer[]) {
  const taken: { id: number; payload: string }[] = [];
  const passed: Buffer[] = [];
  const reader = new UplinkReader({
    topic,
    payloadMax,
    take: (payload, id) => taken.push({ id, payload: Buffer.from(payload).toString("hex") }),
    pass: (bytes) => passed.push(Buffer.from(bytes)),
  });
  for (const chunk of chunks) {
    reader.read(chunk);
  }
  return { taken, passed: Buffer.concat(passed) };
}

const payload = fc.uint8Array({ maxLength: payloadMax });
const plain = fc
  .tuple(fc.constantFrom(0x32, 0x3a), fc.integer({ min: 1, max: 65_535 }), payload)
  .map(([first, id, bytes]) => ({ id, payload: bytes, packet: publish(first, topic, id, bytes) }));
const beside = fc
  .constantFrom("40020007", "c000", "820900050004742f757001")
  .map((text) => Buffer.from(text, "hex"));

/** Cut anywhere. */
function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to));
}

describe("the reader of a device's own messages", () => {
  it("takes them in order from a stream cut anywhere, and passes what stands between them unchanged", () => {
    const packets = fc.array(fc.oneof(plain, beside), { maxLength: 20 });
    fc.assert(
      fc.property(packets, fc.array(fc.nat(), { maxLength: 10 }), (all, cuts) => {
        const bytes = Buffer.concat(all.map((one) => ("packet" in one ? one.packet : one)));
        const { taken, passed } = readAll(cut(bytes, cuts));
        const messages = all.flatMap((one) => ("packet" in one ? [one] : []));
        expect(taken).toEqual(
          messages.map(({ id, payload }) => ({ id, payload: Buffer.from(payload).toString("hex") })),
        );
        expect(passed).toEqual(Buffer.concat(all.flatMap((one) => ("packet" in one ? [] : [one]))));
      }),
    );
  });

  it.each([
    ["of another quality of service", publish(0x34, topic, 1, Buffer.from("x"))],
    ["that is to be retained", publish(0x33, topic, 1, Buffer.from("x"))],
    ["to another topic", publish(0x32, "t/uq", 1, Buffer.from("x"))],
    ["to a longer topic", publish(0x32, "t/up/", 1, Buffer.from("x"))],
    ["without a number", publish(0x32, topic, 0, Buffer.from("x"))],
    ["that is too long", publish(0x32, topic, 1, Buffer.alloc(payloadMax + 1))],
    ["whose length is written in a roundabout way", publish(0x32, topic, 1, Buffer.from("x"), [0x80 | 9, 0])],
    ["whose length takes three bytes", publish(0x32, topic, 1, Buffer.from("x"), [0x80 | 9, 0x80, 1])],
    ["that ends within its topic", Buffer.from("32040004742f", "hex")],
    ["that ends before its number", Buffer.from("32060004742f7570", "hex")],
    ["that says goodbye", Buffer.from("e000", "hex")],
    ["of a kind that does not exist", Buffer.from("0000", "hex")],
  ])("steps aside for good at a packet %s", (_name, odd) => {
    const before = publish(0x32, topic, 1, Buffer.from("a"));
    const after = publish(0x32, topic, 2, Buffer.from("b"));
    const { taken, passed } = readAll([Buffer.concat([before, odd, after])]);
    expect(taken).toEqual([{ id: 1, payload: "61" }]);
    expect(passed).toEqual(Buffer.concat([odd, after]));
  });

  it("holds no more than one packet, and none that claims to be longer than a message may be", () => {
    const claims = Buffer.from([0x32, 0xff, 0x7f, 0, 4]);
    expect(readAll([claims]).passed).toEqual(claims);
    expect(readAll([publish(0x32, topic, 1, Buffer.alloc(payloadMax)).subarray(0, 200)]).passed.length).toBe(
      0,
    );
  });

  it("takes nothing false from any bytes, and loses none", () => {
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map(Buffer.from),
      plain.map(({ packet }) => packet),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 6 }), (parts, cuts) => {
        const bytes = Buffer.concat(parts);
        const whole = readAll([bytes]);
        const pieces = readAll(cut(bytes, cuts));
        expect(pieces.taken).toEqual(whole.taken);
        // What is held back at the end is the beginning of one packet, at most.
        const accounted =
          whole.passed.length + whole.taken.reduce((sum, { payload }) => sum + payload.length / 2, 0);
        expect(accounted).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });
});
