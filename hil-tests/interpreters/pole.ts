/** A Puck.js on a pole with an SHT31, as `hasen build` makes it: for tests of bundles. */
import { boardOf } from "../../boards/index.ts";
import { type BoardSettings, boardInstallationOf } from "../../firmware/board-installation.ts";
import { drivers } from "../../firmware/drivers/index.ts";
import type { Credentials } from "../../firmware/installation.ts";
import type { Installation } from "../../firmware/installation-type.ts";
import { buildFirmware, type Firmware } from "../../scripts/build-firmware.ts";

export const poleCredentials: Credentials = {
  version: 1,
  deployment: "test",
  device: "urn:dev:ops:pb-pole-17",
  kid: 17,
  alg: "ccm",
  key: Uint8Array.from({ length: 16 }, (_, i) => i * 7),
};

export function poleSettings(changes: Partial<BoardSettings> = {}): BoardSettings {
  return {
    version: 1,
    credentials: "pole-17.key.yaml",
    board: "puck-js",
    light: "LED1",
    link: { kind: "serial", port: "Serial1", rx: "D28", tx: "D29", baud: 9600 },
    sensors: [
      {
        driver: "sht31",
        port: "I2C1",
        scl: "D1",
        sda: "D2",
        interval: 60_000,
        heartbeat: 900_000,
        deadBands: [],
        address: 68,
      } as unknown as BoardSettings["sensors"][number],
    ],
    lean: false,
    deepSleep: false,
    batch: { rows: 24, delay: 24 * 60_000 },
    status: 3_600_000,
    outbox: { bytes: 2048, frames: 16 },
    ...changes,
  };
}

export async function buildPole(
  changes: Partial<BoardSettings> = {},
  credentials: Credentials = poleCredentials,
  wifiPassword?: string,
): Promise<{ firmware: Firmware; installation: Installation }> {
  const settings = poleSettings(changes);
  const installation = boardInstallationOf(settings, credentials, "0.1.0", drivers);
  const board = boardOf(settings.board);
  if (board === null) {
    throw new Error(`no board ${settings.board}`);
  }
  const file = "pole-17.yaml";
  const firmware = await buildFirmware({ board, settings, installation, drivers, file, wifiPassword });
  return { firmware, installation };
}
