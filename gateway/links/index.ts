/** The kinds of links, one line each, alphabetical. */
import { definition as ble } from "./ble.ts";
import { definition as mqtt } from "./mqtt.ts";
import { definition as serial } from "./serial.ts";

export const links = [ble, mqtt, serial] as const;
