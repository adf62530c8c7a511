import fc from "fast-check";
import { expect, it } from "vitest";
import { evalText, packetAt, packetText, payloadMax } from "./packet.ts";

const packet = fc.record({
  type: fc.integer({ min: 0, max: 7 }),
  payload: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) }),
});

it("a packet is read back wherever it begins, and no beginning of it as a whole", () => {
  fc.assert(
    fc.property(packet, fc.string(), (one, before) => {
      const text = packetText(one);
      expect(packetAt(before + text, before.length)).toEqual({
        packet: one,
        end: before.length + text.length,
      });
      for (let end = 0; end < text.length; end++) {
        expect(packetAt(text.slice(0, end), 0)).toBeNull();
      }
    }),
  );
});

it("the example of the interpreter's makers is what we send", () => {
  expect(evalText("print('Hello World')")).toBe("\x10\x01\x20\x14print('Hello World')"); // jsinteractive.c
});

it("no expression has a length with byte 04, nor with one that is Ctrl-C, XON or XOFF", () => {
  for (let length = 0; length < payloadMax - 1; length++) {
    const text = evalText("1".repeat(length));
    expect(["\x03", "\x04", "\x11", "\x13"]).not.toContain(text[3]);
    expect(packetAt(text, 0)?.packet.payload.trimEnd().length).toBe(length);
  }
});

it("nothing that is no packet is taken for one", () => {
  expect(packetAt("hello", 0)).toBeNull();
  expect(packetAt("\x10\x02\x00\x00", 0)).toBeNull();
});
