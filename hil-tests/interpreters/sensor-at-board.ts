/** Sensors at a board of Node: what its bundle makes of what they say. */
import type { BoardSettings } from "../../firmware/board-installation.ts";
import { byteText } from "../../protocols/cbor-small.ts";
import { buildPole } from "./pole.ts";
import { poleAtGateway } from "./pole-at-gateway.ts";
import type { StubBoard } from "./stub-board.ts";

type Sensor = BoardSettings["sensors"][number];

const usual = { interval: 60_000, heartbeat: 900_000, deadBands: [] };

const bundles = new Map<string, ReturnType<typeof buildPole>>();

/** The bundle of a board with one sensor, built once. */
export function builtWith(sensor: object): ReturnType<typeof buildPole> {
  return built(JSON.stringify(sensor));
}

function built(sensor: string): ReturnType<typeof buildPole> {
  const known = bundles.get(sensor);
  const bundle =
    known ??
    buildPole({
      board: "esp32",
      batch: { rows: 1, delay: 0 },
      sensors: [{ ...usual, ...JSON.parse(sensor) } as unknown as Sensor],
    });
  bundles.set(sensor, bundle);
  return bundle;
}

/** A board of Node with one sensor, at a gateway: an ESP32, whose packs have one row each. */
export async function boardWith(sensor: object) {
  const { firmware, installation } = await builtWith(sensor);
  const { board, gateway } = poleAtGateway(installation);
  const rows = () => gateway.packs().flatMap((pack) => pack.rows.map(({ values }) => values));
  return {
    ...{ board, gateway, rows, installation },
    manifest: firmware.manifest,
    run: () => board.run(firmware.code),
  };
}

/** A serial port with something at it; `say` is what it hears from that. */
export function lineAt(board: StubBoard, name: string, hear: (bytes: Uint8Array) => void) {
  let take: (text: string) => void = () => {};
  const settings: { readonly baud: number }[] = [];
  board.more[name] = {
    setup: (baud: number, options: object) => settings.push({ baud, ...options }),
    removeAllListeners: () => {},
    on: (_event: string, listener: (text: string) => void) => {
      take = listener;
    },
    write: hear,
  };
  return { settings, say: (bytes: Uint8Array) => take(byteText(bytes)) };
}
