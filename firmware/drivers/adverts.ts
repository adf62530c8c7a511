import type { UartDriver } from "../driver.ts";
import { bthomeSensor } from "./bthome-sensor.ts";
import { ruuviSensor } from "./ruuvi-sensor.ts";

/** Sensors that a Bluetooth adapter hears, of a gateway or of a computer that is a device; no board listens to others. One line each. */
export const advertDrivers: readonly UartDriver[] = [bthomeSensor, ruuviSensor];
