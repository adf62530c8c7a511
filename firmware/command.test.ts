import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { installationOf } from "../hil-tests/simulated-device.ts";
import { readSmall, type SmallValue } from "../protocols/cbor-small.ts";
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { deriveSession, seal, sessionRoot } from "../protocols/envelope.ts";
import { fault } from "../protocols/fault.ts";
import { type DownMessage, encodeDown } from "../protocols/message.ts";
import { type CommandTarget, follow as followSmall } from "./command.ts";
import { createDownlink } from "./downlink.ts";

const identity = installationOf();
const gateOf = () => createDownlink(sessionRoot(nodeCrypto, identity), nodeCrypto);
const follow = (message: DownMessage, whose: CommandTarget) =>
  followSmall(readSmall(encodeDown(message)) as SmallValue, whose);
let did: unknown[];
let target: CommandTarget;

beforeEach(() => {
  did = [];
  const done =
    (name: string) =>
    (...given: unknown[]) => {
      did.push([name, ...given]);
      return null as never;
    };
  target = {
    epoch: 5,
    acknowledge: done("acknowledge"),
    refused: done("refused"),
    time: (answers, unix) => {
      did.push(["time", answers, unix]);
      return answers === 3;
    },
    interval: done("interval"),
    identify: done("identify"),
    restart: done("restart"),
    sendShape: done("sendShape"),
  };
});

function command(name: "interval" | "identify" | "restart" | "send-shape", given: number | string | null) {
  return { type: "command", deviceEpoch: 5, name, arguments: given } as const;
}

describe("a message from the gateway", () => {
  it("is followed when it names this epoch", () => {
    follow({ type: "ack", deviceEpoch: 5, ranges: [[0, 3]] }, target);
    follow({ type: "nack", deviceEpoch: 5, piv: 4, code: "content" }, target);
    follow({ type: "time", deviceEpoch: 5, answers: 3, unix: 1_800_000_000_000 }, target);
    follow(command("interval", 60_000), target);
    follow(command("identify", 5000), target);
    follow(command("restart", null), target);
    follow(command("send-shape", "00112233"), target);
    expect(did).toEqual([
      ["acknowledge", 5, [[0, 3]]],
      ["refused", 4, "content"],
      ["time", 3, 1_800_000_000_000],
      ["interval", 60_000],
      ["identify", 5000],
      ["restart"],
      ["sendShape", "00112233"],
    ]);
  });

  it.each<DownMessage>([
    { type: "nack", deviceEpoch: 4, piv: 4, code: "content" },
    { type: "time", deviceEpoch: 4, answers: 3, unix: 1_800_000_000_000 },
    { type: "command", deviceEpoch: 4, name: "restart", arguments: null },
  ])("of another epoch is not followed: $type", (message) => {
    expect(follow(message, target)).toMatchObject({ fault: "old-epoch" });
    expect(did).toEqual([]);
  });

  it("may acknowledge frames of an earlier epoch: that they are on disk stays true", () => {
    expect(follow({ type: "ack", deviceEpoch: 4, ranges: [[0, 3]] }, target)).toBeNull();
    expect(did).toEqual([["acknowledge", 4, [[0, 3]]]]);
  });

  it("brings no time that was not asked for", () => {
    const answer = { type: "time", deviceEpoch: 5, answers: 2, unix: 1_800_000_000_000 } as const;
    expect(follow(answer, target)).toMatchObject({ fault: "not-allowed" });
  });

  it.each([999, 86_400_001, "60000", null])("sets no interval of %s", (given) => {
    expect(follow(command("interval", given), target)).toMatchObject({ fault: "range" });
    expect(did).toEqual([]);
  });
});

describe("the gate for frames from the gateway", () => {
  function frame(epoch: number, piv: number, changes: Partial<typeof identity> = {}): Uint8Array {
    const { root, deployment, kid, alg } = { ...identity, ...changes };
    const session = deriveSession(nodeCrypto, { root, deployment, kid, epoch, alg, direction: "down" });
    return seal(session, piv, encodeDown({ type: "ack", deviceEpoch: 0, ranges: [[0, 0]] }));
  }

  it("lets each number through once, and only beyond the last", () => {
    const gate = gateOf();
    expect(gate.receive(frame(2, 5), 0)).toEqual([0, 0, [0, 0]]);
    expect(gate.receive(frame(2, 5), 0)).toMatchObject({ fault: "replayed" });
    expect(gate.receive(frame(2, 4), 0)).toMatchObject({ fault: "replayed" });
    expect(gate.receive(frame(2, 6), 0)).toEqual([0, 0, [0, 0]]);
  });

  it("follows a gateway into its next epoch and never back", () => {
    const gate = gateOf();
    gate.receive(frame(2, 5), 0);
    expect(gate.receive(frame(3, 0), 0)).toEqual([0, 0, [0, 0]]);
    expect(gate.receive(frame(2, 6), 0)).toMatchObject({ fault: "replayed" });
  });

  it("is not moved by a forged frame, and tries the next stranger only after a pause", () => {
    const gate = gateOf();
    gate.receive(frame(2, 5), 0);
    const forged = frame(60_000, 0, { root: new Uint8Array(16) });
    expect(gate.receive(forged, 10)).toMatchObject({ fault: "bad-tag" });
    expect(gate.receive(forged, 20)).toMatchObject({ fault: "budget" });
    expect(gate.receive(frame(2, 6), 30)).toEqual([0, 0, [0, 0]]);
    expect(gate.receive(frame(3, 0), 1010)).toEqual([0, 0, [0, 0]]);
  });

  it("takes no frame that was cut, flipped or made up, and is not moved by it", () => {
    const gate = gateOf();
    gate.receive(frame(2, 5), 0);
    const good = frame(2, 6);
    for (let length = 0; length < good.length; length++) {
      expect(gate.receive(good.subarray(0, length), 10_000 * length)).toHaveProperty("fault");
    }
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const flipped = good.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      expect(gate.receive(flipped, 1_000_000 + 10_000 * bit)).toHaveProperty("fault");
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(), (bytes, now) => {
        expect(gate.receive(bytes, now)).toHaveProperty("fault");
      }),
    );
    expect(gate.receive(good, 100_000_000)).toEqual([0, 0, [0, 0]]);
  });

  it("takes no frame of its own device's way up, and none for another key", () => {
    const gate = gateOf();
    const { root, deployment, kid, alg } = identity;
    const up = deriveSession(nodeCrypto, { root, deployment, kid, epoch: 0, alg, direction: "up" });
    expect(
      gate.receive(seal(up, 0, encodeDown({ type: "ack", deviceEpoch: 0, ranges: [] })), 0),
    ).toMatchObject(fault("bad-tag", expect.any(String)));
    expect(gate.receive(frame(0, 0, { kid: 8 }), 2000)).toMatchObject({ fault: "unknown-device" });
  });
});
