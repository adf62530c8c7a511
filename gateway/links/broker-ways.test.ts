import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectPacket, openBroker, openLine, packet } from "../../hil-tests/embedded-broker-site.ts";

describe("the two ways of the gateway's own broker", () => {
  it("take the same frames, give the same answers and close the same lines, whatever comes in whatever pieces", async () => {
    const brokers = [await openBroker({ libraryOnly: false }), await openBroker({ libraryOnly: true })];
    const own = "dreihasen/v1/meter-1/up";
    const down = "dreihasen/v1/meter-1/down";
    const usual = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom([0x32, own], [0x3a, own]) },
      {
        weight: 1,
        arbitrary: fc.constantFrom([0x33, own], [0x34, own], [0x32, "dreihasen/v1/meter-2/up"], [0x32, down]),
      },
    );
    const message = fc
      .tuple(usual, fc.integer({ min: 1, max: 99 }), fc.uint8Array({ maxLength: 40 }))
      .map(([[first, topic], id, payload]) => packet(first as number, topic as string, 0, id, ...payload));
    const beside = fc.constantFrom(
      packet(0x30, own, 1, 2),
      packet(0xc0),
      packet(0x82, 0, 5, down, 1),
      packet(0xa2, 0, 6, down),
      packet(0x40, 0, 7),
      packet(0x62, 0, 8),
    );
    const wrong = fc.constantFrom(
      packet(0x36, own, 0, 1, 1), // quality of service 3
      packet(0x32, own, 0, 0, 1), // message number 0
      packet(0x32, "dreihasen/+/up", 0, 1, 1),
      packet(0x32, "", 0, 1),
      packet(0x32, 0, 90, 1),
      packet(0x80, 0, 5, down, 1),
      packet(0x00),
      packet(0xf0),
      packet(0xe0),
      connectPacket(),
      Buffer.concat([Buffer.from([0x32, 0x80 | 29, 0]), packet(0x32, own, 0, 1, 1, 2).subarray(2)]), // a roundabout length
      Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff, 0x7f]),
    );
    const stream = fc.tuple(
      fc.array(
        fc.oneof(
          { weight: 12, arbitrary: message },
          { weight: 2, arbitrary: beside },
          { weight: 1, arbitrary: wrong },
        ),
        { minLength: 1, maxLength: 30 },
      ),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 8 }),
      fc.boolean(),
    );
    const same = fc.asyncProperty(stream, async ([packets, cuts, whole]) => {
      const bytes = Buffer.concat(packets);
      const outcomes = [];
      for (const { port, arrivals } of brokers) {
        arrivals.length = 0;
        const line = await openLine(port);
        const pieces = whole ? [bytes] : cutUp(bytes, cuts);
        for (const piece of pieces) {
          await new Promise<void>((resolve) => line.socket.write(piece, () => resolve()));
        }
        const closed = !(await line.ping()) || !(await line.ping());
        line.socket.destroy();
        await line.socket.closedByPeer;
        outcomes.push({
          closed,
          frames: arrivals.map(({ frame }) => Buffer.from(frame).toString("hex")),
          answers: [line.answers("puback"), line.answers("pubrec"), line.answers("suback")],
        });
      }
      const [short, library] = outcomes as [(typeof outcomes)[0], (typeof outcomes)[0]];
      expect(short.closed).toBe(library.closed);
      if (short.closed) {
        // How much of what came before the end was still taken, and answered, is a matter of moments.
        const count = Math.min(short.frames.length, library.frames.length);
        expect(short.frames.slice(0, count)).toEqual(library.frames.slice(0, count));
      } else {
        expect(short).toEqual(library);
      }
    });
    await fc.assert(same, { numRuns: 150 });
  }, 60_000);
});

/** Pieces of the given lengths, over and over. */
function cutUp(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; at += lengths[i++ % lengths.length]!) {
    pieces.push(bytes.subarray(at, at + lengths[i % lengths.length]!));
  }
  return pieces;
}
