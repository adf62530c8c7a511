import type { Driver } from "../driver.ts";
import { advertDrivers } from "./adverts.ts";
import { drivers } from "./index.ts";

/** What a computer's device.yaml can name: all that a board can, and sensors that a Bluetooth adapter hears. */
export const computerDrivers: readonly Driver[] = [...drivers, ...advertDrivers];
