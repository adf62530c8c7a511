import type { DeviceEntry } from "./registry/registry.ts";

/** The envelope's header has two bytes for an epoch. */
const epochsPerKey = 65536;

/**
 * The epoch as cities see it, in `dh` and in gaps. A device with a new key may begin at epoch 0 again (its storage is new as well),
 * and would give its new records the identity of old ones. A key's number is never used twice, so it tells the epochs of later keys
 * apart, and they still rise. The first key's stay as the device counts them.
 */
export function cityEpoch({ kid, firstKid }: Pick<DeviceEntry, "kid" | "firstKid">, epoch: number): number {
  return firstKid === undefined || firstKid === kid ? epoch : kid * epochsPerKey + epoch;
}
