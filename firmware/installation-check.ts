import { utf8 } from "../protocols/bytes.ts";
import { algMac, deploymentMax } from "../protocols/envelope.ts";
import { type Fault, fault } from "../protocols/fault.ts";
import { quantities } from "../protocols/quantity.ts";
import type { Driver, DriverColumn } from "./driver.ts";
import { type Installation, type InstalledSensor, installationDefaults } from "./installation-type.ts";

/** A sensor of the installation with the driver it names. */
export interface MatchedSensor {
  readonly driver: Driver;
  readonly installed: InstalledSensor;
}

const sensorsMax = 16;
/** Rows of what is not personal, where nobody says otherwise, ms. */
const intervalStandard = 60000;

/** The sensors with their drivers, or the Fault for which such a device must not start. */
export function matchSensors(
  installation: Installation,
  drivers: readonly Driver[],
): readonly MatchedSensor[] | Fault {
  const wrong = identityFault(installation);
  if (wrong !== null) {
    return wrong;
  }
  const matched: MatchedSensor[] = [];
  const taken: string[] = [];
  for (let i = 0; i < installation.sensors.length; i++) {
    const installed = installation.sensors[i];
    const driver = drivers.find((candidate) => candidate.name === installed.driver);
    if (driver === undefined) {
      return fault("unsupported", "no driver is called " + installed.driver);
    }
    if (installation.alg === algMac && isPersonal(driver, installed)) {
      return fault(
        "not-allowed",
        installed.driver +
          " reads what is personal, and this device does not encrypt: enrol it with AES (alg ccm)",
      );
    }
    const twice = takeQuantities(driver, installed, taken);
    if (twice !== null) {
      return twice;
    }
    matched.push({ driver: driver, installed: installed });
  }
  return matched;
}

/** What a sensor gives, by its driver or as its installation names it; null where the first telegram decides. */
export function columnsOf(driver: Driver, installed: InstalledSensor): readonly DriverColumn[] | null {
  const columns = driver.columns(installed.options);
  return columns === null && installed.channels !== undefined ? installed.channels : columns;
}

/** Whether a sensor may tell about a person. What a meter gives is not known before its first telegram, so it counts. */
export function isPersonal(driver: Driver, installed: InstalledSensor): boolean {
  const columns = columnsOf(driver, installed);
  return columns === null || columns.some((column) => quantities[column.quantity].personal);
}

/** ms between the rows of a sensor. */
export function intervalOf(driver: Driver, installed: InstalledSensor): number {
  if (installed.interval !== null) {
    return installed.interval;
  }
  return isPersonal(driver, installed) ? installationDefaults.personalInterval : intervalStandard;
}

function identityFault(installation: Installation): Fault | null {
  const salt = utf8(installation.deployment).length;
  if (installation.sensors.length < 1 || installation.sensors.length > sensorsMax) {
    return fault("range", "a device has 1 to " + sensorsMax + " sensors, not " + installation.sensors.length);
  }
  if (installation.root.length < 16 || installation.root.length > 32 || salt < 1 || salt > deploymentMax) {
    return fault("range", "the device's key or its deployment's name has not the length such things have");
  }
  return installation.kid >= 0 &&
    installation.kid <= 65535 &&
    Math.floor(installation.kid) === installation.kid
    ? null
    : fault("range", "key id " + installation.kid + " is not a number from 0 to 65535");
}

/** A channel is named for its quantity: two sensors that give the same one could not be told apart. */
function takeQuantities(driver: Driver, installed: InstalledSensor, taken: string[]): Fault | null {
  const columns = columnsOf(driver, installed);
  const names =
    columns === null ? ["what a meter gives"] : columns.map((column) => column.quantity as string);
  for (let i = 0; i < names.length; i++) {
    if (taken.indexOf(names[i]) >= 0) {
      return fault(
        "unsupported",
        "two sensors of one device both give " + names[i] + ": make them two devices",
      );
    }
    taken.push(names[i]);
  }
  return null;
}
