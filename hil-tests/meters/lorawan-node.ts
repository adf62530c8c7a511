/** LoRaWAN sensors as a network server tells of them over MQTT: a parking bay (Bosch TPS110) and a room (Elsys ERS). */
import { seeded } from "../../boards/platforms/seeded.ts";

export interface LorawanMessage {
  readonly topic: string;
  readonly text: string;
}

/** A sensor: its DevEUI, the codec that reads it, what it sends. */
interface LorawanNode {
  readonly devEui: string;
  readonly codec: string;
  readonly port: number;
  payload(number: number, random: () => number): Uint8Array;
}

/** Heard in this order, again and again. */
export const lorawanNodes: readonly LorawanNode[] = [
  {
    devEui: "ac233fc0fe000017",
    codec: "bosch-tps110",
    port: 1,
    payload: (number) => Uint8Array.of((number >> 1) & 1), // a car comes, a car goes
  },
  {
    devEui: "a81758fffe03f5e2",
    codec: "elsys",
    port: 5,
    payload: (_number, random) => {
      const [warm, carbonDioxide] = [200 + Math.floor(random() * 30), 420 + Math.floor(random() * 400)];
      return Uint8Array.of(
        1,
        warm >> 8,
        warm & 255,
        2,
        41,
        6,
        carbonDioxide >> 8,
        carbonDioxide & 255,
        7,
        14,
        28,
      );
    },
  },
];

export const lorawanServers = ["chirpstack", "things-stack"] as const;
export type LorawanServerName = (typeof lorawanServers)[number];

/** The uplinks of the sensors, one after the other, as this server publishes them. */
export class LorawanAir {
  private readonly server: LorawanServerName;
  private readonly random: () => number;
  private sent = 0;

  constructor(server: LorawanServerName, seed: number) {
    this.server = server;
    this.random = seeded(seed);
  }

  next(): LorawanMessage {
    const node = lorawanNodes[this.sent % lorawanNodes.length]!;
    const number = Math.floor(this.sent++ / lorawanNodes.length);
    const data = Buffer.from(node.payload(number, this.random)).toString("base64");
    return this.server === "chirpstack" ? chirpstack(node, number, data) : thingsStack(node, number, data);
  }
}

/** ChirpStack 4: event "up" of a device. */
function chirpstack({ devEui, port }: LorawanNode, number: number, data: string): LorawanMessage {
  const message = { deviceInfo: { devEui }, fCnt: number, fPort: port, data };
  return { topic: `application/1/device/${devEui}/event/up`, text: JSON.stringify(message) };
}

/** The Things Stack 3: uplink of a device. */
function thingsStack({ devEui, port }: LorawanNode, number: number, data: string): LorawanMessage {
  const message = {
    end_device_ids: { device_id: `eui-${devEui}`, dev_eui: devEui.toUpperCase() },
    uplink_message: { f_port: port, f_cnt: number, frm_payload: data },
  };
  return { topic: `v3/parken@ttn/devices/eui-${devEui}/up`, text: JSON.stringify(message) };
}
