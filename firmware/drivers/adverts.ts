import type { UartDriver } from "../driver.ts";
import { bthomeSensor } from "./bthome-sensor.ts";
import { ruuviSensor } from "./ruuvi-sensor.ts";

/** Sensors that a gateway hears by its Bluetooth adapter; no board listens to others, so no device.yaml names them. One line each. */
export const advertDrivers: readonly UartDriver[] = [bthomeSensor, ruuviSensor];
