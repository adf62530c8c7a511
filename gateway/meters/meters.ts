/**
 * Meters directly on the gateway. Each is a device of its own, with key, epoch and seal, that happens to live in this process: what it
 * reads goes through the same gate and into the same spool as everything else, and has the same identity. The firmware that reads
 * it is brought in by whoever puts gateway and firmware together, as a link that carries this one device's frames.
 */
import { join } from "node:path";
import type { GatewayLink } from "../link.ts";
import type { Log } from "../log.ts";
import { type ProblemError, problem } from "../problem.ts";
import type { DeviceEntry, DeviceRegistry } from "../registry/registry.ts";
import { meterKinds } from "./index.ts";
import { readMeterKey } from "./meter-keys.ts";
import type { MeterSettings } from "./meter-kind.ts";

/** What a meter's link gets from the gateway. */
export interface MeterContext {
  /** Of the deployment, for the keys. */
  readonly deployment: string;
  /** Name of the firmware's driver that reads this language. */
  readonly driver: string;
  /** Its entry, made at the first start. Asked again after each change of the list. Rejects with the problem where it may not be heard. */
  readonly enrol: () => Promise<DeviceEntry>;
  /** Where it keeps what must survive a restart, beside the list of devices. */
  readonly folder: string;
  /** The meter's own keys, where the config names their files; rejects with the problem. */
  readonly keys: () => Promise<{ readonly key: Uint8Array | null; readonly auth: Uint8Array | null }>;
  /** Somebody vouches for this machine's clock. */
  readonly clockTrusted: boolean;
  readonly log: Log;
}

/** Makes the link of one meter. Its `start` never rejects: what is in the way is its trouble, and tried again. */
export type MeterMaker = (settings: MeterSettings, context: MeterContext) => GatewayLink;

export interface MeterParts {
  readonly deployment: string;
  readonly registry: DeviceRegistry;
  readonly clockTrusted: boolean;
  readonly log: Log;
}

/** The links of all meters in the config, not started yet. */
export function makeMeters(
  settings: readonly MeterSettings[],
  make: MeterMaker | undefined,
  parts: MeterParts,
): GatewayLink[] {
  if (make === undefined) {
    return [];
  }
  return settings.map((meter) => make(meter, contextOf(meter, parts)));
}

function contextOf(
  settings: MeterSettings,
  { deployment, registry, clockTrusted, log }: MeterParts,
): MeterContext {
  const { name, language, keyFile, authFile } = settings;
  const keyIn = async (path: string | undefined) => (path === undefined ? null : readMeterKey(path));
  return {
    deployment,
    driver: meterKinds.find(({ kind }) => kind === language)?.driver(settings) ?? language,
    enrol: () => enrol(name, registry),
    folder: join(registry.folder, "meters", name),
    keys: async () => ({ key: await keyIn(keyFile), auth: await keyIn(authFile) }),
    clockTrusted,
    log: log.child({ meter: name }),
  };
}

/** The meter's entry; made where there is none. */
async function enrol(name: string, registry: DeviceRegistry): Promise<DeviceEntry> {
  await registry.refresh();
  const entry = registry.byName(name);
  if (entry === null) {
    return registry.create({ name, alg: 0, personal: true, local: true });
  }
  const refused = unfit(entry, registry);
  if (refused !== null) {
    throw refused;
  }
  return entry;
}

function unfit({ name, local, state }: DeviceEntry, registry: DeviceRegistry): ProblemError | null {
  if (local !== true) {
    const file = join(registry.folder, `${name}.yaml`);
    return problem("MTR-065", { name, file }, { where: file });
  }
  return state === "revoked" ? problem("MTR-077", { name }) : null;
}

/** What a look at the meters of a config finds without touching anything: names that are devices', key files that hold no key. */
export async function checkMeters(
  settings: readonly MeterSettings[],
  registry: DeviceRegistry,
): Promise<ProblemError[]> {
  const problems: ProblemError[] = [];
  for (const { name, keyFile, authFile } of settings) {
    const entry = registry.byName(name);
    const refused = entry === null ? null : unfit(entry, registry);
    problems.push(...(refused === null ? [] : [refused]));
    for (const file of [keyFile, authFile]) {
      if (file !== undefined) {
        await readMeterKey(file).catch((error) => problems.push(error));
      }
    }
  }
  return problems;
}
