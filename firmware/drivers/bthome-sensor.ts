import { openBthome, readObjects } from "../../protocols/bthome.ts";
import { fromHex } from "../../protocols/bytes.ts";
import { type Fault, isFault } from "../../protocols/fault.ts";
import type { MeterKeys } from "../../protocols/meter.ts";
import { AdvertReader, type HeardAdvert } from "../advert-reader.ts";
import { textOption, type UartDriver } from "../driver.ts";

/** A BLE sensor that speaks BTHome v2, as a gateway's Bluetooth adapter hears it. */
export const bthomeSensor: UartDriver = {
  kind: "uart",
  name: "bthome-sensor",
  title: "Bluetooth sensor that speaks BTHome v2",
  datasheet: "BTHome v2 (bthome.io)",
  options: [{ name: "address", meaning: "Bluetooth address", standard: "", form: "mac", required: true }],
  keyFiles: ["keyFile"],
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
      en: "if it encrypts, its key is needed: name it with keyFile",
      de: "Wenn er verschlüsselt, wird sein Schlüssel gebraucht: Nennen Sie ihn mit keyFile",
    },
  },
  settings: () => ({ baud: 115200, dataBits: 8, parity: "none", stopBits: 1 }),
  reader: (options, keys?: MeterKeys) => {
    const mac = fromHex(textOption(bthomeSensor, options, "address").split(":").join(""));
    const own = keys === undefined ? null : Object.assign({}, keys, { mac: mac });
    return new AdvertReader((bytes) => heard(bytes, own));
  },
  examples: [
    { title: "a room", hex: "0a" + "4002ca0903bf13" + "0c2c01", values: ["25.06", "50.55"] },
    { title: "an advert that is cut", hex: "03" + "4002ca", fault: "truncated" },
    {
      title: "an encrypted one without its key",
      hex: "0e" + "41" + "a4724f5f00112233445566778f",
      fault: "no-key",
    },
  ],
};

function heard(bytes: Uint8Array, keys: MeterKeys | null): HeardAdvert | Fault {
  const content = openBthome(bytes, keys);
  if (isFault(content)) {
    return content;
  }
  const measurements = readObjects(content.objects);
  return isFault(measurements) ? measurements : { measurements: measurements, counter: content.counter };
}
