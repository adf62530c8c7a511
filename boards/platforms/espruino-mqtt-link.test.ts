import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { espruinoMqttLink, type MqttOrder, type Network } from "./espruino-mqtt-link.ts";
import { connectPacket, name, publishPacket, subscribePacket } from "./espruino-mqtt-packets.ts";
import { VirtualTime } from "./timers.ts";

const device = "pb-pole-17";

function orderTo(port: number, password = "right"): MqttOrder {
  return {
    host: "127.0.0.1",
    port,
    connect: connectPacket(device, password),
    subscribe: subscribePacket(`dreihasen/v1/${device}/down`),
    topic: name(`dreihasen/v1/${device}/up`),
  };
}

const bytes = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));
const text = (frame: Uint8Array) => String.fromCharCode(...frame);

type Net = { connect(to: { host: string; port: number }, connected: () => void): unknown };

function stubBoard(net: Net, after: (run: () => void, delay: number) => unknown, random = () => 128): void {
  vi.stubGlobal("E", { hwRand: random, toString: text, toUint8Array: bytes });
  vi.stubGlobal("require", (module: string) => (module === "net" ? net : null));
  vi.stubGlobal("setTimeout", after);
}

/** The other end of a board's socket, as a test plays it. */
class Peer {
  readonly said: string[] = [];
  ended = 0;
  accept: () => void = () => {};
  readonly #listeners = new Map<string, (text: string) => void>();

  readonly socket = {
    on: (event: string, take: (text: string) => void) => void this.#listeners.set(event, take),
    write: (packet: string) => void this.said.push(packet),
    end: () => void this.ended++,
  };

  tell(event: "data" | "close" | "error", packet = ""): void {
    this.#listeners.get(event)?.(packet);
  }

  /** Lets the board in. */
  welcome(): void {
    this.accept();
    this.tell("data", "\x20\x02\0\0");
    this.tell("data", "\x90\x03\0\x01\x01");
  }
}

describe("a board's link over MQTT", () => {
  let time: VirtualTime;
  let peers: Peer[];
  let joins: number;

  beforeEach(() => {
    time = new VirtualTime();
    peers = [];
    joins = 0;
    const net: Net = {
      connect: (_to, connected) => {
        const peer = new Peer();
        peer.accept = connected;
        peers.push(peer);
        return peer.socket;
      },
    };
    stubBoard(net, (run, delay) => time.after(delay, run));
  });

  afterEach(() => {
    vi.unstubAllGlobals();
  });

  function start(network: Network = (isUp) => isUp()) {
    const link = espruinoMqttLink(orderTo(1883), (isUp) => {
      joins++;
      network(isUp);
    });
    const heard: string[] = [];
    link.onFrame = (frame) => heard.push(text(frame));
    return { link, heard };
  }

  it("says who it is, asks for what comes down, and is ready only when it may hear", () => {
    const { link } = start();
    const [peer] = peers as [Peer];
    expect(peer.said).toEqual([]);
    peer.accept();
    expect(peer.said).toEqual([orderTo(0).connect]);
    peer.tell("data", "\x20\x02");
    peer.tell("data", "\0\0");
    expect(peer.said).toEqual([orderTo(0).connect, orderTo(0).subscribe]);
    expect(link.ready()).toBe(false);
    peer.tell("data", "\x90\x03\0\x01\x01");
    expect(link.ready()).toBe(true);
  });

  it("sends no more than the broker confirms, and goes on when it does", () => {
    const { link } = start();
    const [peer] = peers as [Peer];
    peer.welcome();
    const sent = [...Array(9).keys()].map((n) => link.send(Uint8Array.of(n)));
    expect(sent.slice(0, 8)).toEqual(Array(8).fill(null));
    expect(sent[8]).toMatchObject({ fault: "full" });
    expect(peer.said.slice(2)).toHaveLength(8);
    expect(peer.said[9]).toBe(publishPacket(orderTo(0).topic, 8, "\x07"));
    peer.tell("data", "\x40\x02\0\x01");
    expect(link.send(Uint8Array.of(9))).toBeNull();
  });

  it("confirms what comes down, and hands it over", () => {
    const { heard } = start();
    const [peer] = peers as [Peer];
    peer.welcome();
    peer.tell("data", publishPacket(name("dreihasen/v1/pb-pole-17/down"), 300, "\0\xff"));
    expect(heard).toEqual(["\0\xff"]);
    expect(peer.said.at(-1)).toBe("\x40\x02\x01\x2c");
  });

  it.each(["close", "error"] as const)(
    "connects again after a %s, later each time while nobody is there",
    (event) => {
      const { link } = start();
      peers[0]?.welcome();
      peers[0]?.tell(event);
      expect(link.ready()).toBe(false);
      const waits: number[] = [];
      for (let n = 1; n < 9; n++) {
        const before = time.monotonic();
        const count = peers.length;
        while (peers.length === count) {
          time.step(Number.MAX_SAFE_INTEGER);
        }
        waits.push(time.monotonic() - before);
        peers.at(-1)?.tell(event);
      }
      expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
      while (peers.length < 10) {
        time.step(Number.MAX_SAFE_INTEGER);
      }
      peers[9]?.welcome();
      expect(link.ready()).toBe(true);
      peers[9]?.tell(event);
      time.advance(1000);
      expect(peers).toHaveLength(11);
    },
  );

  it("does not come back in step with other boards", () => {
    const delays = [0, 255].map((random) => {
      const asked: number[] = [];
      const net: Net = { connect: () => Object.assign(new Peer().socket, {}) };
      stubBoard(
        net,
        (_run, delay) => asked.push(delay),
        () => random,
      );
      const peer = new Peer();
      net.connect = () => peer.socket;
      espruinoMqttLink(orderTo(1), (isUp) => isUp());
      peer.tell("close");
      return asked.at(-1);
    });
    expect(delays[0]).toBe(750);
    expect(delays[1]).toBeCloseTo(1248, 0);
  });

  it("asks a silent broker for a sign, and gives the connection up when there is none", () => {
    const { link } = start();
    const [peer] = peers as [Peer];
    peer.welcome();
    time.advance(20_000);
    expect(peer.said.at(-1)).toBe("\xc0\0");
    peer.tell("data", "\xd0\0");
    time.advance(20_000);
    expect(link.ready()).toBe(true);
    time.advance(20_000);
    expect(link.ready()).toBe(false);
    expect(peer.ended).toBe(1);
  });

  it("gives up a broker that answers but never confirms", () => {
    const { link } = start();
    const [peer] = peers as [Peer];
    peer.welcome();
    time.advance(20_000);
    link.send(Uint8Array.of(1));
    for (let n = 0; n < 4; n++) {
      peer.tell("data", "\xd0\0");
      time.advance(20_000);
    }
    expect(peer.ended).toBe(1);
    expect(peers.length).toBeGreaterThan(1);
    peers.at(-1)?.welcome();
    expect(link.send(Uint8Array.of(2))).toBeNull();
  });

  it.each([
    ["a refusal", "\x20\x02\0\x05"],
    ["a subscription that is not granted", "\x90\x03\0\x01\x80"],
    ["a packet that only a client says", "\x82\x08\0\x01\0\x03a/b\x01"],
    ["a length beyond all that a gateway sends", "\x30\xff\xff\x7f"],
    ["a PUBLISH without its topic", "\x32\x01\0"],
  ])("takes %s for the end of the connection, and tries again", (_what, said) => {
    const { link, heard } = start();
    peers[0]?.accept();
    peers[0]?.tell("data", said);
    time.advance(1000);
    expect(peers[0]?.ended).toBe(1);
    expect(peers).toHaveLength(2);
    expect(link.ready()).toBe(false);
    expect(heard).toEqual([]);
    peers[1]?.welcome();
    expect(link.ready()).toBe(true);
  });

  it("does not hear a connection that it has given up", () => {
    const { link, heard } = start();
    const [old] = peers as [Peer];
    old.welcome();
    old.tell("close");
    time.advance(1000);
    old.tell("data", publishPacket(name("a"), 1, "late"));
    old.tell("error");
    peers[1]?.welcome();
    expect(link.ready()).toBe(true);
    expect(heard).toEqual([]);
    expect(peers).toHaveLength(2);
  });

  it("asks for the network anew as long as there is none, and makes one connection when there is", () => {
    const up: (() => void)[] = [];
    start((isUp) => up.push(isUp));
    expect(peers).toHaveLength(0);
    time.advance(60_000);
    expect(joins).toBe(3);
    for (const isUp of up) {
      isUp();
    }
    for (const isUp of up) {
      isUp();
    }
    expect(peers).toHaveLength(1);
  });

  it("goes on where the interpreter has no socket left", () => {
    let refusals = 2;
    const peer = new Peer();
    const net: Net = {
      connect: (_to, connected) => {
        if (refusals-- > 0) {
          throw new Error("No free sockets");
        }
        peer.accept = connected;
        return peer.socket;
      },
    };
    stubBoard(net, (run, delay) => time.after(delay, run));
    const { link } = start();
    time.advance(10_000);
    peer.welcome();
    expect(link.ready()).toBe(true);
  });
});
