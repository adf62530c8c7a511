/** RuuviTag and Ruuvi Air: Bluetooth sensors that tell everybody what they measure. */
import { adapter, sensorAddress } from "./advert-keys.ts";
import { meterKind } from "./meter-kind.ts";

export const definition = meterKind("ruuvi", {
  driver: () => "ruuvi-sensor",
  about: {
    en: "RuuviTag or Ruuvi Air",
    de: "RuuviTag oder Ruuvi Air",
  },
  keys: { port: adapter(), address: sensorAddress() },
});
