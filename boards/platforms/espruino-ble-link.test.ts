import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { concat } from "../../protocols/bytes.ts";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import { espruinoBleLink } from "./espruino-ble-link.ts";
import { VirtualTime } from "./timers.ts";

const bytes = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0));
const text = (frame: Uint8Array) => String.fromCharCode(...frame);

let time: VirtualTime;
let written: Uint8Array[];
let adverts: unknown[];
let dropped: number;
let events: Record<string, () => void>;
let hear: (text: string) => void;

beforeEach(() => {
  time = new VirtualTime();
  written = [];
  adverts = [];
  dropped = 0;
  events = {};
  vi.stubGlobal("E", { toUint8Array: bytes });
  vi.stubGlobal("setTimeout", (run: () => void, delay: number) => time.after(delay, run));
  vi.stubGlobal("NRF", {
    setAdvertising: (_data: object, options: object) => adverts.push(options),
    on: (event: string, take: () => void) => {
      events[event] = take;
    },
    disconnect: () => {
      dropped++;
      events["disconnect"]?.();
    },
  });
  vi.stubGlobal("Bluetooth", {
    on: (_event: string, take: (text: string) => void) => {
      hear = take;
    },
    write: (piece: Uint8Array) => written.push(new Uint8Array(piece)),
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function start() {
  const link = espruinoBleLink("pb-pole-17", 1000);
  const heard: string[] = [];
  link.onFrame = (frame) => heard.push(text(frame));
  return { link, heard };
}

function connect(): void {
  events["connect"]?.();
  time.advance(2500);
}

/** As the gateway reads it (gateway/ble/peer.ts). */
function read(): Uint8Array[] {
  const frames: Uint8Array[] = [];
  new FrameReader().push(
    concat(written),
    (frame) => frames.push(new Uint8Array(frame)),
    () => {},
  );
  return frames;
}

describe("a board's link over Bluetooth", () => {
  it("tells that it is there under the device's name, and is ready once who connects has had time to listen", () => {
    const { link } = start();
    expect(adverts).toEqual([{ name: "pb-pole-17", interval: 1000 }]);
    expect(link.ready()).toBe(false);
    events["connect"]?.();
    time.advance(2499);
    expect(link.ready()).toBe(false);
    time.advance(1);
    expect(link.ready()).toBe(true);
  });

  it("is not made ready by the end of an earlier connection's wait", () => {
    const { link } = start();
    events["connect"]?.();
    time.advance(2000);
    events["disconnect"]?.();
    events["connect"]?.();
    time.advance(600);
    expect(link.ready()).toBe(false);
    time.advance(1900);
    expect(link.ready()).toBe(true);
  });

  it("sends frames in pieces that every connection takes, one after the other", () => {
    const { link } = start();
    connect();
    const frames = [150, 3, 300].map((length) => Uint8Array.from({ length }, (_, i) => i % 7));
    expect(frames.map((frame) => link.send(frame))).toEqual([null, null, null]);
    expect(written).toHaveLength(1);
    time.advance(15);
    expect(written).toHaveLength(2);
    time.advance(1000);
    expect(Math.max(...written.map(({ length }) => length))).toBe(20);
    expect(read()).toEqual(frames);
    expect(link.send(frames[1]!)).toBeNull();
    time.advance(100);
    expect(read()).toHaveLength(4);
  });

  it("takes no more than there is room for, and more when pieces are out", () => {
    const { link } = start();
    connect();
    const frame = new Uint8Array(500).fill(1);
    expect(link.send(frame)).toBeNull();
    expect(link.send(frame)).toBeNull();
    expect(link.send(frame)).toMatchObject({ fault: "full" });
    time.advance(400);
    expect(link.send(frame)).toBeNull();
    time.advance(2000);
    expect(read()).toEqual([frame, frame, frame]);
  });

  it("hears frames in any pieces, and begins anew with each connection", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.integer({ min: 1, max: 30 }),
        (frame, cut) => {
          const { heard } = start();
          connect();
          const line = text(encodeFrame(frame));
          hear(line.slice(0, line.length / 2));
          events["disconnect"]?.();
          connect();
          for (let at = 0; at < line.length; at += cut) {
            hear(line.slice(at, at + cut));
          }
          expect(heard).toEqual([text(frame)]);
        },
      ),
    );
  });

  it("drops what was not out when the connection ended, so that the next one begins with a whole frame", () => {
    const { link } = start();
    connect();
    link.send(new Uint8Array(200).fill(1));
    time.advance(40);
    events["disconnect"]?.();
    expect(link.ready()).toBe(false);
    written = [];
    connect();
    expect(written).toEqual([]);
    link.send(Uint8Array.of(1, 2, 3));
    time.advance(100);
    expect(read()).toEqual([Uint8Array.of(1, 2, 3)]);
  });

  it("ends a connection to somebody who never answers, so that the gateway finds it free", () => {
    const { link, heard } = start();
    connect();
    for (let n = 0; n < 40; n++) {
      link.send(Uint8Array.of(n));
      hear(text(encodeFrame(Uint8Array.of(1))));
      time.advance(100);
    }
    expect(dropped).toBe(0);
    expect(heard).toHaveLength(40);
    let refused = null;
    for (let n = 0; n < 33; n++) {
      refused = link.send(Uint8Array.of(n));
      time.advance(100);
    }
    expect(refused).toMatchObject({ fault: "link" });
    expect(dropped).toBe(1);
    expect(link.ready()).toBe(false);
    connect();
    expect(link.send(Uint8Array.of(1))).toBeNull();
  });
});
