import { pieceOf } from "../../protocols/bytes.ts";
import { fault } from "../../protocols/fault.ts";
import type { Link } from "../../protocols/link.ts";
import { boardFrameMax, frameFinder, wrapFrame } from "./espruino-frames.ts";
import type { EspruinoRadio, EspruinoSerial } from "./espruino-globals.ts";

declare const NRF: EspruinoRadio;
declare const Bluetooth: EspruinoSerial;
declare const setTimeout: (run: () => void, delay: number) => void;

/** Bytes of one write: what every connection carries in one packet (Bluetooth Core 5.4, Vol 3 part F §3.2.8). */
const pieceMax = 20;
/** Between two of them, ms. A connection that is slower lets `write` wait for it, and only for one piece. */
const pieceEvery = 15;
/** Bytes that may wait to go out. */
const waitingMax = 1024;
/** From a connection until who made it listens, ms: it asks for the services first, and what is sent meanwhile is gone. */
const settling = 2500;
/** Frames sent without any that came: whoever holds the connection is not our gateway, or does not hear us any more. */
const unansweredMax = 32;

/**
 * Frames over the Nordic UART service, the same bytes as on a serial line. The board tells under `name` that it is there, every `interval`
 * ms, and the gateway connects. `Bluetooth` must not be the console: see espruino-console.ts.
 */
export function espruinoBleLink(name: string, interval: number): Link {
  let connections = 0;
  let isReady = false;
  let isSending = false;
  let unanswered = 0;
  let queue: Uint8Array[] = [];
  let waiting = 0;
  /** Bytes of the first in the queue that are out. */
  let sent = 0;
  let find = (_text: string): void => {};

  const link: Link = {
    name: "ble",
    frameMax: boardFrameMax,
    ready: () => isReady,
    send: (frame) => {
      const wrapped = wrapFrame(frame);
      if (waiting + wrapped.length > waitingMax) {
        return fault("full", "what was sent before is not out yet");
      }
      if (unanswered >= unansweredMax) {
        NRF.disconnect();
        return fault("link", "whoever is connected does not answer");
      }
      unanswered++;
      queue.push(wrapped);
      waiting += wrapped.length;
      if (!isSending) {
        sendPiece();
      }
      return null;
    },
    onFrame: null,
  };

  function arrived(frame: Uint8Array): void {
    unanswered = 0;
    if (link.onFrame !== null) {
      link.onFrame(frame);
    }
  }

  /** Sends a piece, and comes back for the next. */
  function sendPiece(): void {
    isSending = queue.length > 0;
    if (isSending) {
      const piece = pieceOf(queue[0], sent, pieceMax);
      sent += piece.length;
      waiting -= piece.length;
      if (sent >= queue[0].length) {
        queue.shift();
        sent = 0;
      }
      Bluetooth.write(piece);
      setTimeout(sendPiece, pieceEvery);
    }
  }

  /** What was half sent or half heard belongs to the connection that ended. */
  function change(): void {
    connections++;
    isReady = false;
    unanswered = 0;
    queue = [];
    waiting = 0;
    sent = 0;
    find = frameFinder(arrived);
  }

  NRF.on("connect", () => {
    change();
    const mine = connections;
    setTimeout(() => {
      if (mine === connections) {
        isReady = true;
      }
    }, settling);
  });
  NRF.on("disconnect", change);
  Bluetooth.on("data", (text) => find(text));
  NRF.setAdvertising({}, { name: name, interval: interval });
  return link;
}
