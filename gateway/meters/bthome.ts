/** BTHome v2: Bluetooth sensors that tell everybody what they measure, or those who have their key. */
import { adapter, sensorAddress } from "./advert-keys.ts";
import { keyFile, meterKind } from "./meter-kind.ts";

export const definition = meterKind("bthome", {
  driver: () => "bthome-sensor",
  about: {
    en: "Bluetooth sensor that speaks BTHome v2",
    de: "Bluetooth-Sensor, der BTHome v2 spricht",
  },
  keys: { port: adapter(), address: sensorAddress(), keyFile: keyFile() },
});
