import { describe, expect, it } from "vitest";
import { connectPacket, PacketReader, publishPacket, subscribePacket } from "./mqtt-packets.ts";

const packets = [
  connectPacket({ clientId: "meter", username: "meter", password: "secret" }),
  subscribePacket("#"),
  publishPacket("bench/1", 7, new Uint8Array(20_000).fill(0x30)),
  publishPacket("bench/1", 8, new Uint8Array(100)),
];

describe("the packet reader of the load generator", () => {
  it.each([1, 2, 3, 7, 1000, 100_000])("finds every packet in chunks of %i bytes", (size) => {
    const found: Buffer[] = [];
    const heads: number[] = [];
    const reader = new PacketReader((head, bytes, from, to) => {
      heads.push(head);
      found.push(Buffer.from(bytes.subarray(from, to)));
    });
    const stream = Buffer.concat(packets);
    for (let at = 0; at < stream.length; at += size) {
      reader.push(stream.subarray(at, at + size));
    }
    expect(heads).toEqual([0x10, 0x82, 0x32, 0x32]);
    expect(found.every((body, i) => packets[i].subarray(-body.length).equals(body))).toBe(true);
  });
});
