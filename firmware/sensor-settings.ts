/** One sensor of a device's file: its schema, made from its driver, and what it means to the core. */
import { type TSchema, Type } from "@sinclair/typebox";
import type { Decimal } from "../protocols/decimal.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import { type QuantityName, quantities } from "../protocols/quantity.ts";
import type { Driver, DriverOption, KeyFileName } from "./driver.ts";
import type { DeadBand, DriverOptions, InstalledSensor } from "./installation-type.ts";
import { about, duration, group, path } from "./schema-parts.ts";

const deadBandsMax = 32;

/** What stands in device.yaml about one sensor: the common keys, and the driver's own options beside them. */
export type SensorSettings = {
  readonly driver: string;
  readonly port: string;
  readonly interval?: number;
  readonly heartbeat: number;
  readonly deadBands: readonly { readonly quantity: QuantityName; readonly band: Decimal }[];
} & Partial<Record<KeyFileName, string>> &
  DriverOptions;

const deadBand = group(
  {
    quantity: Type.Unsafe<QuantityName>({
      enum: Object.keys(quantities),
      about: about("The quantity", "Die Größe"),
      example: "temperature",
    }),
    band: Type.Unsafe<Decimal>({
      type: "string",
      form: "decimal",
      about: about(
        "Least change that counts, in the quantity's unit",
        "Kleinste Änderung, die zählt, in der Einheit der Größe",
      ),
      example: "0.2",
    }),
  },
  about("Changes too small to report", "Änderungen, die zu klein sind, um sie zu melden"),
);

function portOf(driver: Driver) {
  if (driver.kind === "asked" && driver.network === true) {
    return Type.Unsafe<string>({
      type: "string",
      form: "modbusPort",
      about: about(
        "Serial port of the RS-485 adapter, by its lasting name; or tcp://host:port for Modbus TCP",
        "Serieller Anschluss des RS-485-Adapters, mit seinem dauerhaften Namen; oder tcp://Rechner:Port für Modbus TCP",
      ),
      example: "tcp://192.0.2.10:502",
    });
  }
  if (driver.options.some((option) => option.form === "mac")) {
    return Type.String({
      maxLength: 16,
      default: "hci0",
      about: about("Bluetooth adapter that hears it", "Bluetooth-Adapter, der ihn hört"),
    });
  }
  switch (driver.kind) {
    case "asked":
    case "uart":
      return path(
        about("Serial port of the sensor or meter", "Serieller Anschluss des Sensors oder Zählers"),
        {
          example: "/dev/serial/by-id/usb-Silicon_Labs_CP2104_Lesekopf-if00-port0",
        },
      );
    case "analog":
      return Type.Unsafe<string>({
        type: "string",
        maxLength: 200,
        about: about(
          "Analogue input of the Arduino that serves as inputs, e.g. a0; a Raspberry Pi itself has none",
          "Analoger Eingang des Arduino, der als Eingänge dient, z. B. a0; ein Raspberry Pi selbst hat keinen",
        ),
        example: "a0",
      });
    case "pulse":
      return Type.Unsafe<string>({
        type: "string",
        maxLength: 200,
        about: about(
          "Input that counts: a pin of the board (d2 of an Arduino), or a serial port with the S0 output between its receiver and ground",
          "Eingang, der zählt: ein Pin des Boards (d2 eines Arduino), oder ein serieller Anschluss mit dem S0-Ausgang zwischen Empfänger und Masse",
        ),
        example: "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0",
      });
    default:
      return Type.Unsafe<string>({
        type: "string",
        form: "name",
        about: about("Bus of the sensor", "Bus des Sensors"),
        example: "i2c-1",
      });
  }
}

/** Where the sensor of a driver hangs on a computer, and the files that hold its keys there. */
export function computerPlace(driver: Driver): Record<string, TSchema> {
  const place: Record<string, TSchema> = { port: portOf(driver) };
  const files = driver.keyFiles === undefined ? [] : driver.keyFiles;
  for (let i = 0; i < files.length; i++) {
    place[files[i]] = Type.Optional(keyFiles[files[i]]);
  }
  return place;
}

const keyFiles: Readonly<Record<KeyFileName, TSchema>> = {
  keyFile: path(
    about(
      "File whose first line is the meter's key in hexadecimal; readable by the device's user alone",
      "Datei, deren erste Zeile der Schlüssel des Zählers ist, hexadezimal; nur für den Benutzer des Geräts lesbar",
    ),
    { example: "./meter-key" },
  ),
  authFile: path(
    about(
      "File whose first line is the authentication key, by which a telegram is known to be the meter's own",
      "Datei, deren erste Zeile der Authentifizierungsschlüssel ist: daran ist ein Telegramm als das des Zählers zu erkennen",
    ),
    { example: "./meter-auth" },
  ),
};

/** The keys of one sensor: its driver's options, where it hangs, and what all sensors have. */
export function sensorGroup(driver: Driver, place: Record<string, TSchema>) {
  const common = {
    interval: Type.Optional(
      duration(
        about(
          "Time between two rows; without it 15 min for what is personal, 1 min for the rest",
          "Zeit zwischen zwei Zeilen; ohne Angabe 15 min für Personenbezogenes, sonst 1 min",
        ),
        { least: "1 s", most: "24 h" },
      ),
    ),
    heartbeat: duration(
      about(
        "Longest silence: a row goes out after it even if nothing changed",
        "Längste Stille: danach geht eine Zeile hinaus, auch wenn sich nichts geändert hat",
      ),
      { least: "1 s", most: "24 h", default: "15 min" },
    ),
    deadBands: Type.Array(deadBand, {
      about: about(
        "Rows in which nothing moved further than this are not sent",
        "Zeilen, in denen sich nichts weiter bewegt hat, werden nicht gesendet",
      ),
      default: [],
      maxItems: deadBandsMax,
      unique: "quantity",
    }),
  };
  const own: Record<string, TSchema> = {};
  for (let i = 0; i < driver.options.length; i++) {
    own[driver.options[i].name] = optionSchema(driver.options[i]);
  }
  return group(Object.assign({}, own, place, common), about(driver.title, driver.title));
}

function optionSchema(option: DriverOption): TSchema {
  if (option.form !== undefined) {
    return formSchema(option);
  }
  const words = { about: about(option.meaning, option.meaning), default: option.standard };
  if (option.choices !== undefined) {
    return Type.Unsafe(Object.assign({ enum: option.choices }, words));
  }
  if (typeof option.standard === "number") {
    const limits = { minimum: option.least, maximum: option.most };
    return Type.Integer(Object.assign({}, limits, words) as object);
  }
  return typeof option.standard === "boolean" ? Type.Boolean(words) : Type.String(words);
}

/** A text with a meaning: must be given, has a standard, or may be absent. */
function formSchema(option: DriverOption): TSchema {
  const schema = { type: "string", form: option.form, about: about(option.meaning, option.meaning) };
  if (option.standard !== "") {
    return Type.Unsafe<string>(Object.assign({ default: option.standard }, schema));
  }
  const bare = Type.Unsafe<string>(
    Object.assign({ example: option.form === "mac" ? "C2:71:35:02:EE:B8" : "66600102" }, schema),
  );
  return option.required === true ? bare : Type.Optional(bare);
}

/** The sensor with what opens its telegrams, where it has keys. */
export function withKeys(sensor: InstalledSensor, keys: MeterKeys | null | undefined): InstalledSensor {
  return keys === null || keys === undefined ? sensor : Object.assign({ keys: keys }, sensor);
}

/** A sensor as the core is told of it: of the settings, the options that its driver has. An unknown driver is for the core to refuse. */
export function installedSensor(sensor: SensorSettings, drivers: readonly Driver[]): InstalledSensor {
  const driver = drivers.find((candidate) => candidate.name === sensor.driver);
  const options: Record<string, string | number | boolean> = {};
  const rows = driver === undefined ? [] : driver.options;
  for (let i = 0; i < rows.length; i++) {
    options[rows[i].name] = (sensor as DriverOptions)[rows[i].name];
  }
  return {
    driver: sensor.driver,
    port: sensor.port,
    interval: sensor.interval === undefined ? null : sensor.interval,
    deadBands: sensor.deadBands as readonly DeadBand[],
    heartbeat: sensor.heartbeat,
    options: options,
  };
}
