import { connect, type Socket } from "node:net";
import { connectPacket, PacketReader, packetType, subscribePacket } from "./mqtt-packets.ts";

/** Gets the body of each PUBLISH at QoS 0: its topic ends with the device, behind `topicEnd` stands the payload. */
export type MessageListener = (device: string, body: string, topicEnd: number) => void;

/** Subscribes to everything at the city's broker; resolves when that is taken. */
export function listenToCity(port: number, clientId: string, hear: MessageListener): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve, reject) => {
    const reader = new PacketReader((head, bytes, from, to) => {
      if (head === packetType.connack) {
        socket.write(subscribePacket("#"));
      } else if (head === packetType.suback) {
        resolve(socket);
      } else if ((head & 0xf0) === packetType.publish) {
        const body = bytes.toString("latin1", from, to);
        const topicEnd = 2 + body.charCodeAt(0) * 256 + body.charCodeAt(1);
        hear(body.slice(body.lastIndexOf("/", topicEnd) + 1, topicEnd), body, topicEnd);
      }
    });
    socket.on("error", reject);
    socket.on("data", (chunk) => reader.push(chunk));
    socket.on("connect", () => socket.write(connectPacket({ clientId: `${clientId}-${process.pid}` })));
  });
}

/** Before the identity of each record: <epoch>/<message>/<row>. */
export const identityMark = '"dh":"';
