import type { Socket } from "node:net";
import { identityMark, listenToCity } from "./city-line.ts";

/** A subscriber at the city's broker that notes when each message of one epoch comes, and counts the records of all others. */
export class LiveEar {
  /** Records of other epochs. */
  others = 0;
  /** When the last of these came, Unix ms. */
  lastOther = 0;
  /** `<device>/<message>` -> Unix ms. */
  readonly arrived = new Map<string, number>();
  readonly #epoch: string;
  #socket: Socket | null = null;

  static async listen(port: number, epoch: number): Promise<LiveEar> {
    const ear = new LiveEar(epoch);
    ear.#socket = await listenToCity(port, "bench-live-ear", (...message) => ear.#hear(...message));
    return ear;
  }

  private constructor(epoch: number) {
    this.#epoch = `${epoch}/`;
  }

  close(): void {
    this.#socket?.destroy();
  }

  #hear(device: string, body: string, topicEnd: number): void {
    const now = performance.timeOrigin + performance.now();
    for (let at = body.indexOf(identityMark, topicEnd); at >= 0; at = body.indexOf(identityMark, at)) {
      at += identityMark.length;
      if (body.startsWith(this.#epoch, at)) {
        const from = at + this.#epoch.length;
        this.arrived.set(`${device}/${body.slice(from, body.indexOf("/", from))}`, now);
      } else {
        this.others++;
        this.lastOther = now;
      }
    }
  }
}
