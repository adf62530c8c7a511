import { Devices } from "../../gateway/devices.ts";
import { encodeDeviceState, encodeMessageEntry, entryKind } from "../../gateway/entry.ts";
import type { DeviceEntry } from "../../gateway/registry/registry.ts";
import { nodeFiles } from "../../gateway/spool/node-files.ts";
import { Spool } from "../../gateway/spool/spool.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { isFault } from "../../protocols/fault.ts";
import { encodeShape } from "../../protocols/shape.ts";
import { deployment, powerPacks, powerShape } from "./sealed-load.ts";

const tenMillion = { records: 10_000_000, rows: 24 };
/** Entries on their way to the disk at once. */
const atOnce = 20_000;

/** Writes a spool in which records wait, ten million in packs of 24, as a gateway would have written it. */
export async function writeBacklog(
  folder: string,
  entries: readonly DeviceEntry[],
  { records, rows } = tenMillion,
): Promise<void> {
  const byKid = new Map(entries.map((entry) => [entry.kid, entry]));
  const registry = { byKid: (kid: number) => byKid.get(kid) ?? null };
  const devices = new Devices({ registry, crypto: nodeCrypto, deployment });
  const snapshot = () => [
    ...devices
      .snapshots(true)
      .map((state) => ({ kind: entryKind.deviceState, payload: encodeDeviceState(state) })),
    { kind: entryKind.shape, payload: encodeShape(powerShape) },
  ];
  const bytesMax = 512 * 1024 * 1024;
  const spool = await Spool.open({ folder, bytesMax, linger: 0, hooks: { snapshot } }, nodeFiles);
  spool.cursor("city");
  await append(spool, entryKind.shape, encodeShape(powerShape));
  const body = powerPacks(rows)();
  const received = Date.now();
  const packs = Math.ceil(records / rows);
  const tag = new Uint8Array(8);
  for (let at = 0; at < packs; at += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, packs - at) }, (_, i) => {
      const { kid } = entries[(at + i) % entries.length];
      const piv = Math.floor((at + i) / entries.length);
      const message = {
        kid,
        epoch: 1,
        piv,
        received,
        bootTime: null,
        parked: false,
        released: false,
        tag,
        body,
      };
      return append(spool, entryKind.message, encodeMessageEntry(message)).then(() =>
        devices.byKid(kid)?.received.restoreMessage(1, piv, tag),
      );
    });
    await Promise.all(some);
  }
  await spool.close();
}

function append(spool: Spool, kind: number, payload: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    spool.append(kind, payload, (failure) =>
      isFault(failure) ? reject(new Error(failure.detail)) : resolve(),
    ),
  );
}
