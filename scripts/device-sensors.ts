/** What `hasen device run` adds to a device's sensors on a computer: the keys in their files, and lines that are no serial ports. */
import type { Platform } from "../boards/platform.ts";
import { optionsAt, tcpScheme } from "../boards/platforms/modbus-tcp-line.ts";
import type { InstalledSensor } from "../firmware/installation-type.ts";
import type { SensorSettings } from "../firmware/sensor-settings.ts";
import { Adverts } from "../gateway/ble/adverts.ts";
import { readMeterKey } from "../gateway/meters/meter-keys.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import { advertUart } from "./advert-uart.ts";

/** The keys of each sensor whose settings name files, null for the others; throws every problem with them. */
export async function readSensorKeys(sensors: readonly SensorSettings[]): Promise<(MeterKeys | null)[]> {
  const problems: unknown[] = [];
  const keyIn = (path: string | undefined) =>
    path === undefined
      ? null
      : readMeterKey(path).catch((error: unknown) => {
          problems.push(error);
          return null;
        });
  const keys: (MeterKeys | null)[] = [];
  for (const { keyFile, authFile } of sensors) {
    const [key, auth] = [await keyIn(keyFile), await keyIn(authFile)];
    keys.push(keyFile === undefined && authFile === undefined ? null : { ciphers: nodeCiphers, key, auth });
  }
  if (problems.length > 0) {
    throw new AggregateError(problems);
  }
  return keys;
}

/** Which sensor an adapter is to hear: a port of its own for each, so that logs tell them apart. */
const bluetooth = "bluetooth:";
const languages = { "bthome-sensor": "bthome", "ruuvi-sensor": "ruuvi" } as const;

function isAdvertDriver(driver: string): driver is keyof typeof languages {
  return Object.hasOwn(languages, driver);
}

/** The sensor as the platform below knows its port. */
export function placedSensor(sensor: InstalledSensor): InstalledSensor {
  const { driver, port, options } = sensor;
  return isAdvertDriver(driver)
    ? { ...sensor, port: `${bluetooth}${port}/${options["address"]}/${languages[driver]}` }
    : { ...sensor, options: optionsAt(port, options) };
}

/** Whether a port is one that the operating system can be asked about. */
export function isSerialPort(port: string): boolean {
  return !port.startsWith(bluetooth) && !port.startsWith(tcpScheme);
}

/** The platform, which hears Bluetooth sensors too. */
export function withBluetooth(platform: Platform): Platform {
  const adverts = new Adverts();
  return {
    ...platform,
    uart: (port) => {
      const [adapter, address, language] = port.slice(bluetooth.length).split("/");
      return port.startsWith(bluetooth)
        ? advertUart(adverts, {
            adapter: adapter!,
            address: address!,
            language: language === "ruuvi" ? "ruuvi" : "bthome",
          })
        : platform.uart(port);
    },
  };
}
