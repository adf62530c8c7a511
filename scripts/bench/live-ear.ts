import { connect, type Socket } from "node:net";
import { connectPacket, PacketReader, packetType, subscribePacket } from "./mqtt-packets.ts";

const mark = '"dh":"'; // before the identity of each record: <epoch>/<message>/<row>

/** A subscriber at the city's broker that notes when each message of one epoch comes, and counts the records of all others. */
export class LiveEar {
  /** Records of other epochs. */
  others = 0;
  /** When the last of these came, Unix ms. */
  lastOther = 0;
  /** `<device>/<message>` -> Unix ms. */
  readonly arrived = new Map<string, number>();
  readonly #socket: Socket;
  readonly #epoch: string;

  static async listen(port: number, epoch: number): Promise<LiveEar> {
    const socket = connect(port, "127.0.0.1");
    return new Promise((resolve, reject) => {
      const ear = new LiveEar(socket, epoch, () => resolve(ear));
      socket.on("error", reject);
    });
  }

  private constructor(socket: Socket, epoch: number, ready: () => void) {
    this.#socket = socket;
    this.#epoch = `${epoch}/`;
    const reader = new PacketReader((head, bytes, from, to) => {
      if (head === packetType.connack) {
        socket.write(subscribePacket("#"));
      } else if (head === packetType.suback) {
        ready();
      } else if ((head & 0xf0) === packetType.publish) {
        this.#hear(bytes.toString("latin1", from, to));
      }
    });
    socket.on("data", (chunk) => reader.push(chunk));
    socket.on("connect", () => socket.write(connectPacket({ clientId: `bench-live-ear-${process.pid}` })));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** The body of a PUBLISH at QoS 0: the topic, which ends with the device, and the payload. */
  #hear(body: string): void {
    const now = performance.timeOrigin + performance.now();
    const topicEnd = 2 + body.charCodeAt(0) * 256 + body.charCodeAt(1);
    const device = body.slice(body.lastIndexOf("/", topicEnd) + 1, topicEnd);
    for (let at = body.indexOf(mark, topicEnd); at >= 0; at = body.indexOf(mark, at)) {
      at += mark.length;
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
