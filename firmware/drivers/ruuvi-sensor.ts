import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import { readRuuvi } from "../../protocols/ruuvi.ts";
import { AdvertReader, type HeardAdvert } from "../advert-reader.ts";
import { textOption, type UartDriver } from "../driver.ts";

/** A RuuviTag or Ruuvi Air, as a gateway's Bluetooth adapter hears it. */
export const ruuviSensor: UartDriver = {
  kind: "uart",
  name: "ruuvi-sensor",
  title: "RuuviTag or Ruuvi Air",
  datasheet: "Ruuvi sensor protocols, formats 3, 5 and 6",
  options: [{ name: "address", meaning: "Bluetooth address", standard: "", form: "mac", required: true }],
  columns: () => null,
  fresh: 300000,
  silence: 900000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check its battery, its address and its distance from the Bluetooth adapter",
      de: "Prüfen Sie seine Batterie, seine Adresse und den Abstand zum Bluetooth-Adapter",
    },
    noMeasurement: {
      en: "its firmware is older than 2.5, or sends a format that is not read here",
      de: "Seine Firmware ist älter als 2.5, oder er sendet ein Format, das hier nicht gelesen wird",
    },
  },
  settings: () => ({ baud: 115200, dataBits: 8, parity: "none", stopBits: 1 }),
  reader: (options) => {
    const address = textOption(ruuviSensor, options, "address").split(":").join("").toLowerCase();
    return new AdvertReader((bytes) => heard(bytes, address));
  },
  examples: [
    {
      title: "the valid data of the format's own description",
      hex: "18" + "0512fc5394c37c0004fffc040cac364200cdcbb8334c884f",
      values: ["24.300", "53.4900", "1000.44", "2.977"],
    },
    { title: "an advert that is cut", hex: "05" + "0512fc5394", fault: "truncated" },
  ],
};

/** An advert that names another address was copied from another sensor. Ruuvi Air names the last three bytes of it. */
function heard(bytes: Uint8Array, address: string): HeardAdvert | Fault {
  const advert = readRuuvi(bytes);
  if (isFault(advert)) {
    return advert;
  }
  const meter = advert.meter;
  if (meter !== null && address !== "" && address.substr(address.length - meter.length) !== meter) {
    return fault("not-allowed", "an advert of " + meter + " under the address of " + address);
  }
  return { measurements: advert.measurements, counter: null };
}
