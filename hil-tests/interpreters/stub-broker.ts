/** A broker on the other end of a stub board's sockets, which lets it in and confirms; frames go where those of its serial line go. */
import {
  name,
  packetFinder,
  publishOf,
  publishPacket,
} from "../../boards/platforms/espruino-mqtt-packets.ts";
import { bytesOf, byteText } from "../../protocols/cbor-small.ts";
import type { StubBoard } from "./stub-board.ts";

export class StubBroker {
  /** What the board asked its Wi-Fi for, and its network. */
  readonly joined: unknown[] = [];
  readonly asked: unknown[] = [];
  readonly #board: StubBoard;
  #take: (text: string) => void = () => {};

  constructor(board: StubBoard) {
    this.#board = board;
    board.modules["Wifi"] = {
      connect: (ssid: string, options: object, done: (error: null) => void) => {
        this.joined.push([ssid, { ...options }]);
        board.time.after(300, () => done(null));
      },
    };
    board.modules["net"] = {
      connect: (to: object, connected: () => void) => {
        this.asked.push({ ...to });
        board.time.after(20, connected);
        return this.#socket();
      },
    };
    board.sendDown = (frame) =>
      this.#say(publishPacket(name("dreihasen/v1/pb-pole-17/down"), 7, byteText(frame)));
  }

  #socket() {
    const hear = packetFinder(
      (first, body) => this.#answer(first, body),
      () => {
        throw new Error("no packet");
      },
    );
    return {
      on: (event: string, take: (text: string) => void) => {
        this.#take = event === "data" ? take : this.#take;
      },
      write: hear,
      end: () => {},
    };
  }

  #answer(first: number, body: string): void {
    const answers: Readonly<Record<number, string>> = {
      1: "\x20\x02\0\0",
      8: "\x90\x03\0\x01\x01",
      12: "\xd0\0",
    };
    const message = first >> 4 === 3 ? publishOf(first, body) : null;
    if (message !== null) {
      this.#say(`\x40\x02${message.id}`);
      this.#board.onFrame(bytesOf(message.payload));
    }
    this.#say(answers[first >> 4] ?? "");
  }

  #say(text: string): void {
    this.#board.time.after(5, () => this.#take(text));
  }
}
