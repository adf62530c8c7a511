import { type Fault, fault } from "../../protocols/fault.ts";
import type { Link } from "../../protocols/link.ts";
import { boardFrameMax } from "./espruino-frames.ts";
import type { EspruinoE, EspruinoGlobal, EspruinoNet, EspruinoSocket } from "./espruino-globals.ts";
import {
  connectAck,
  packetFinder,
  ping,
  pingAnswer,
  publish,
  publishAck,
  publishAckPacket,
  publishOf,
  publishPacket,
  subscribeAck,
} from "./espruino-mqtt-packets.ts";

declare const E: EspruinoE;
declare const setTimeout: (run: () => void, delay: number) => void;

/** Where the gateway's broker is, and what is said to it, as the build has made it (espruino-mqtt-packets.ts). */
export interface MqttOrder {
  readonly host: string;
  readonly port: number;
  /** CONNECT: who the device is, and its password. */
  readonly connect: string;
  /** SUBSCRIBE to what comes down. */
  readonly subscribe: string;
  /** Where frames go, behind its length. */
  readonly topic: string;
}

/** Calls back when there is a network. Where there is none it does not, and is asked again. */
export type Network = (isUp: () => void) => void;

/** Between two tries, ms: at first, and at most after doubling. */
const retryFirst = 1000;
const retryMax = 60000;
/** After so long without a sign of the broker, ms, it is asked for one; after as long again the connection is given up. */
const quietMax = 20000;
/** Frames whose PUBACK has not come, at most. It comes when they are on the gateway's disk. */
const underWayMax = 8;

/**
 * Frames over MQTT 3.1.1 with QoS 1 (WIRE: bytes), over the interpreter's own sockets. It connects again by itself; what a connection took
 * with it is the outbox's to send again.
 */
export function espruinoMqttLink(order: MqttOrder, network: Network): Link {
  const net = (globalThis as unknown as EspruinoGlobal).require("net") as EspruinoNet;
  /** Rises with each try and with each end of one, so that what belongs to an earlier one is known. */
  let tries = 0;
  let delay = retryFirst;
  let socket: EspruinoSocket | null = null;
  let isReady = false;
  let isHeard = true;
  let underWay = 0;
  let id = 0;

  const link: Link = {
    name: "mqtt",
    frameMax: boardFrameMax,
    ready: () => isReady,
    send: (frame) =>
      underWay < underWayMax ? send(frame) : fault("full", "the broker has not confirmed yet"),
    onFrame: null,
  };

  function send(frame: Uint8Array): Fault | null {
    underWay++;
    id = (id % 65535) + 1;
    say(publishPacket(order.topic, id, E.toString(frame)));
    return null;
  }

  function say(packet: string): void {
    if (socket !== null) {
      socket.write(packet);
    }
  }

  function connect(): void {
    const mine = ++tries;
    isHeard = true;
    watch(mine);
    network(() => {
      if (mine === tries && socket === null) {
        open(mine);
      }
    });
  }

  function open(mine: number): void {
    const lost = (): void => lose(mine);
    try {
      socket = net.connect({ host: order.host, port: order.port }, () => {
        if (mine === tries) {
          say(order.connect);
        }
      });
      socket.on("close", lost);
      socket.on("error", lost);
      socket.on(
        "data",
        packetFinder((first, body) => {
          if (mine === tries) {
            take(first, body);
          }
        }, lost),
      );
    } catch {
      lost(); // no socket left, or no such host
    }
  }

  /** Looks after a connection, and after one that does not come about. */
  function watch(mine: number): void {
    if (mine !== tries) {
      return;
    }
    if (!isHeard) {
      lose(mine);
      return;
    }
    isHeard = false;
    if (isReady) {
      say(ping);
    }
    setTimeout(() => watch(mine), quietMax);
  }

  function lose(mine: number): void {
    if (mine !== tries) {
      return;
    }
    tries++;
    isReady = false;
    underWay = 0;
    const old = socket;
    socket = null;
    if (old !== null) {
      old.end();
    }
    setTimeout(connect, delay * (0.75 + (E.hwRand() & 255) / 512));
    delay = Math.min(2 * delay, retryMax);
  }

  function take(first: number, body: string): void {
    const kind = first >> 4;
    // A broker that answers but confirms nothing is none.
    isHeard = isHeard || underWay === 0 || kind === publishAck;
    if (kind === publish) {
      arrived(first, body);
    } else if (kind === publishAck) {
      underWay = Math.max(0, underWay - 1);
    } else if (kind === connectAck && body.charCodeAt(1) === 0) {
      say(order.subscribe);
    } else if (kind === subscribeAck && body.charCodeAt(2) < 3) {
      isReady = true;
      delay = retryFirst;
    } else if (kind !== pingAnswer) {
      lose(tries); // refused, or nothing that a broker says
    }
  }

  function arrived(first: number, body: string): void {
    const message = publishOf(first, body);
    if (message === null) {
      lose(tries);
      return;
    }
    if (message.id !== "") {
      say(publishAckPacket(message.id));
    }
    if (message.payload !== "" && link.onFrame !== null) {
      link.onFrame(E.toUint8Array(message.payload));
    }
  }

  connect();
  return link;
}
