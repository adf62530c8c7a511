import { boardFrameMax } from "./espruino-frames.ts";

/**
 * The packets of MQTT 3.1.1 that a board says and takes, as texts whose characters are bytes: what is said is joined by the build or
 * natively, and what comes is cut by the interpreter, since a loop over bytes is slow there.
 */

const byte = String.fromCharCode;

/** Seconds without a packet of the board after which the broker gives it up. */
const keepAlive = 60;
/** Longest packet taken: a frame with its topic. */
const packetMax = boardFrameMax + 256;

export const connectAck = 2;
export const publish = 3;
export const publishAck = 4;
export const subscribeAck = 9;
export const pingAnswer = 13;
/** PINGREQ (§3.12). */
export const ping = "\xc0\0";

/** CONNECT (§3.1), with a session that ends with the connection: what was under way is the outbox's to send again. */
export function connectPacket(device: string, password: string): string {
  const flags = 0xc2; // user name, password, clean session
  const head = name("MQTT") + byte(4, flags, keepAlive >> 8, keepAlive & 255);
  return packet(0x10, head + name(device) + name(device) + name(password));
}

/** SUBSCRIBE (§3.8) with QoS 1. */
export function subscribePacket(topic: string): string {
  return packet(0x82, "\0\x01" + name(topic) + "\x01");
}

/** PUBLISH (§3.3) with QoS 1; `topic` as `name` gives it. */
export function publishPacket(topic: string, id: number, payload: string): string {
  return packet(0x32, topic + byte(id >> 8, id & 255) + payload);
}

/** PUBACK (§3.4); `id` as it came. */
export function publishAckPacket(id: string): string {
  return "\x40\x02" + id;
}

/** A text of ASCII behind its length (§1.5.3). */
export function name(text: string): string {
  return byte(text.length >> 8, text.length & 255) + text;
}

/** Of fewer than 16,384 bytes (§2.2.3). */
function packet(first: number, body: string): string {
  const length = body.length;
  return (length < 128 ? byte(first, length) : byte(first, (length & 127) | 128, length >> 7)) + body;
}

/** Finds packets in what a connection delivers, however it is cut. `bad` is called for what is no packet for a board; all is over then. */
export function packetFinder(
  take: (first: number, body: string) => void,
  bad: () => void,
): (text: string) => void {
  let held = "";
  return (text) => {
    held += text;
    while (held.length > 2 || held.charCodeAt(1) === 0) {
      const low = held.charCodeAt(1);
      const from = low > 127 ? 3 : 2;
      const length = low > 127 ? low - 128 + 128 * held.charCodeAt(2) : low;
      if (length > packetMax) {
        held = "";
        bad();
      } else if (held.length < from + length) {
        return;
      } else {
        const whole = held;
        held = whole.substr(from + length);
        take(whole.charCodeAt(0), whole.substr(from, length));
      }
    }
  };
}

/** What a PUBLISH carries: the id it wants confirmed, "" for none, and its payload; null where it is none. */
export function publishOf(
  first: number,
  body: string,
): { readonly id: string; readonly payload: string } | null {
  const at = 2 + 256 * body.charCodeAt(0) + body.charCodeAt(1);
  const from = (first & 6) === 0 ? at : at + 2;
  return body.length >= from ? { id: body.substring(at, from), payload: body.substr(from) } : null;
}
