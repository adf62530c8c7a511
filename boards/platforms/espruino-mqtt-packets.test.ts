import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  connectPacket,
  name,
  packetFinder,
  publishOf,
  publishPacket,
  subscribePacket,
} from "./espruino-mqtt-packets.ts";

const hex = (text: string) => Buffer.from(text, "latin1").toString("hex");
const byteTexts = fc.uint8Array({ maxLength: 512 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

function found(line: string, cut: number) {
  const packets: [number, string][] = [];
  let bad = 0;
  const take = packetFinder(
    (first, body) => packets.push([first, body]),
    () => bad++,
  );
  for (let at = 0; at < line.length; at += cut) {
    take(line.slice(at, at + cut));
  }
  return { packets, bad };
}

describe("MQTT packets of a board", () => {
  it("are those of MQTT 3.1.1, byte by byte", () => {
    // §3.1 with user name, password and clean session; §3.8; §3.3.
    expect(hex(connectPacket("ab", "cd"))).toBe("101600044d51545404c2003c000261620002616200026364");
    expect(hex(subscribePacket("a/b"))).toBe("820800010003612f6201");
    expect(hex(publishPacket(name("a/b"), 258, "xyz"))).toBe("320a0003612f620102" + "78797a");
  });

  it("come back from a PUBLISH whole, whatever the payload, the number and the chunks are", () => {
    fc.assert(
      fc.property(
        byteTexts,
        fc.integer({ min: 1, max: 65535 }),
        fc.integer({ min: 1, max: 600 }),
        (text, id, cut) => {
          const line = publishPacket(name("dreihasen/v1/pb-pole-17/down"), id, text);
          const { packets, bad } = found(line + line + "\xd0\0", cut);
          expect(bad).toBe(0);
          expect(packets.length).toBe(3);
          expect(packets[2]).toEqual([0xd0, ""]);
          const [first, body] = packets[1]!;
          expect(publishOf(first, body)).toEqual({
            id: String.fromCharCode(id >> 8, id & 255),
            payload: text,
          });
        },
      ),
    );
  });

  it("of QoS 0 want no confirmation", () => {
    const [[first, body]] = found("\x30\x05\0\x01axy", 9).packets as [[number, string]];
    expect(publishOf(first, body)).toEqual({ id: "", payload: "xy" });
  });

  it("that are cut short are no PUBLISH, at every length", () => {
    const body = publishPacket(name("abc"), 7, "").slice(2);
    for (let length = 0; length < body.length; length++) {
      expect(publishOf(0x32, body.slice(0, length)), String(length)).toBeNull();
    }
  });

  it("longer than any a gateway sends are told at their head, and nothing of them is kept", () => {
    expect(found("\x30\xff\x7f", 1)).toEqual({ packets: [], bad: 1 });
    expect(found("\x30\xff\xff\xff\x7f", 5).bad).toBeGreaterThan(0);
    expect(found("\x30\x81\x06", 3)).toEqual({ packets: [], bad: 1 });
  });

  it("in any noise are found the same in any chunks, until the first that is none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (bytes, cut) => {
        const line = Buffer.from(bytes).toString("latin1");
        const whole = found(line, 1000);
        const parts = found(line, cut);
        if (whole.bad === 0) {
          expect(parts).toEqual(whole);
        }
        for (const [first, body] of [...whole.packets, ...parts.packets]) {
          publishOf(first, body);
        }
      }),
      { numRuns: 500 },
    );
  });
});
