/**
 * What a board's device is made from, as a schema: the same as device.yaml (installation.ts), but with the pins and ports of the board
 * instead of a computer's files. `hasen build` reads it; boards never see it.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { type BoardLink, boardLinks, pin, port, rx, serialPorts, tx } from "./board-link.ts";
import { columnsNamed, type NamedChannel } from "./channels.ts";
import type { Channels, Driver } from "./driver.ts";
import {
  batchGroup,
  type Credentials,
  credentialsFile,
  identityOf,
  statusInterval,
  version,
} from "./installation.ts";
import type { Installation, InstalledSensor } from "./installation-type.ts";
import { about, group } from "./schema-parts.ts";
import { installedSensor, type SensorSettings, sensorGroup } from "./sensor-settings.ts";

const sensorsMax = 8;
const channelsMax = 16;
const decimalsMax = 6;
/** Bytes: of a board's heap this much holds frames. */
const outboxStandard = "2 KiB";

const i2cBuses = ["I2C1", "I2C2", "I2C3"];

/** Where a sensor hangs, besides what device.yaml has. */
export type BoardSensor = SensorSettings & {
  readonly scl?: string;
  readonly sda?: string;
  readonly rx?: string;
  readonly tx?: string;
  readonly driverEnable?: string;
  readonly channels?: readonly NamedChannel[];
};

const driverEnable = pin(
  "Pin that is high while the board sends: DE and /RE of an RS-485 transceiver; without it that switches by itself",
  "Pin, der an ist, solange die Platine sendet: DE und /RE eines RS-485-Transceivers; ohne ihn schaltet dieser selbst",
  "D5",
);

function boardPlace(driver: Driver): Record<string, TSchema> {
  switch (driver.kind) {
    case "asked":
    case "uart":
      return {
        port: port(serialPorts, "Serial port of the sensor", "Serieller Anschluss des Sensors"),
        rx: rx,
        tx: tx,
        ...(driver.kind === "asked" && driver.changes !== true
          ? { driverEnable: Type.Optional(driverEnable) }
          : {}),
        ...(driver.channels === undefined ? {} : { channels: channelList(driver.channels) }),
      };
    case "analog":
      return {
        port: pin(
          "Analogue input: 0 V to the supply voltage, never more",
          "Analoger Eingang: 0 V bis zur Versorgungsspannung, nie mehr",
          "D28",
        ),
      };
    case "pulse":
      return {
        port: pin(
          "Pin that counts: the contact or S0 output lies between it and ground",
          "Pin, der zählt: Der Kontakt oder S0-Ausgang liegt zwischen ihm und Masse",
          "D2",
        ),
      };
    case "i2c":
      return {
        port: port(i2cBuses, "Bus of the sensor", "Bus des Sensors"),
        scl: pin("Clock pin of the bus", "Taktpin des Busses", "D1"),
        sda: pin("Data pin of the bus", "Datenpin des Busses", "D2"),
      };
  }
}

/** What an outbox spills to flash. Without `wear` pages last ten years. */
const spillGroup = group(
  {
    bytes: Type.Unsafe<number>({
      type: "string",
      form: "size",
      about: about("Flash for it, in whole pages", "Flash dafür, in ganzen Seiten"),
      least: "2 KiB",
      most: "4 MiB",
      default: "32 KiB",
    }),
    after: Type.Unsafe<number>({
      type: "string",
      form: "duration",
      about: about(
        "All that waits goes there when the gateway was silent for so long; before, only what RAM has no room for",
        "Schweigt das Gateway so lange, kommt alles Wartende dorthin; vorher nur, was im RAM keinen Platz hat",
      ),
      least: "1 min",
      most: "24 h",
      default: "10 min",
    }),
    wear: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        about: about(
          "Erasures of each page in a day, at most; without it so many that the flash lasts ten years",
          "Wie oft eine Seite am Tag höchstens gelöscht wird; ohne Angabe so oft, dass der Flash zehn Jahre hält",
        ),
        example: 2,
      }),
    ),
  },
  about(
    "What RAM has no room for, or waits long, lies in flash and survives a power cut",
    "Was im RAM keinen Platz hat oder lange wartet, liegt im Flash und überlebt einen Stromausfall",
  ),
);
/** What a board reads of a meter: it makes its columns before the first telegram. */
function channelList(channels: Channels): TSchema {
  const channel = group(
    {
      quantity: Type.Unsafe<string>({
        enum: [...channels.possible()],
        about: about("What is measured", "Was gemessen wird"),
        example: channels.possible()[0],
      }),
      decimals: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: decimalsMax,
          about: about(
            "Decimals of its values in the quantity's unit (Wh, W, V, m3); as many as the meter sends, or more",
            "Nachkommastellen seiner Werte in der Einheit der Größe (Wh, W, V, m3); so viele, wie der Zähler sendet, oder mehr",
          ),
          example: 1,
        }),
      ),
    },
    about("One channel", "Ein Kanal"),
  );
  return Type.Optional(
    Type.Array(channel, {
      about: about(
        "What is read of the meter; without it " + listed(channels.usual, "nothing is known to be there"),
        "Was vom Zähler gelesen wird; ohne Angabe " + listed(channels.usual, "ist nichts bekannt"),
      ),
      minItems: 1,
      maxItems: channelsMax,
      unique: "quantity",
    }),
  );
}

function listed(names: readonly string[], none: string): string {
  return names.length === 0 ? none : names.join(", ");
}

/** The schema for these drivers and boards, by name. */
export function boardInstallationSchema(drivers: readonly Driver[], boards: readonly string[]) {
  return group(
    {
      version: version,
      credentials: credentialsFile("./pb-pole-17.key.yaml"),
      board: Type.Unsafe<string>({
        enum: boards,
        about: about("Board the device runs on", "Platine, auf der das Gerät läuft"),
        example: "puck-js",
      }),
      light: Type.Unsafe<string>({
        type: "string",
        form: "pin",
        about: about("Light that `identify` blinks", "Licht, das bei `identify` blinkt"),
        default: "LED1",
      }),
      link: Type.Unsafe<BoardLink>({
        about: about("The way to the gateway", "Der Weg zum Gateway"),
        discriminator: "kind",
        kinds: boardLinks,
      }),
      sensors: Type.Array(
        Type.Unsafe<BoardSensor>({
          about: about("One sensor", "Ein Sensor"),
          discriminator: "driver",
          kinds: drivers.map((driver) => ({
            kind: driver.name,
            schema: sensorGroup(driver, boardPlace(driver)),
          })),
        }),
        { about: about("What the device reads", "Was das Gerät liest"), minItems: 1, maxItems: sensorsMax },
      ),
      lean: Type.Boolean({
        about: about(
          "The smallest firmware: one I2C sensor and a serial line, without commands and without a time of day",
          "Die kleinste Firmware: ein I2C-Sensor und eine serielle Leitung, ohne Befehle und ohne Uhrzeit",
        ),
        default: false,
      }),
      deepSleep: Type.Boolean({
        about: about(
          "Clocks stand still between readings, and the gateway is heard only for five seconds after each message",
          "Zwischen den Messungen stehen die Takte still, und das Gateway wird nur fünf Sekunden lang nach jeder Nachricht gehört",
        ),
        default: false,
      }),
      batch: batchGroup,
      status: statusInterval,
      outbox: group(
        {
          bytes: Type.Unsafe<number>({
            type: "string",
            form: "size",
            about: about("Most data in it, in RAM", "Höchste Datenmenge darin, im RAM"),
            least: "512 B",
            most: "64 KiB",
            default: outboxStandard,
          }),
          frames: Type.Integer({
            minimum: 4,
            maximum: 1000,
            default: 24,
            about: about("Most messages in it", "Höchstzahl der Nachrichten darin"),
          }),
          spill: Type.Optional(spillGroup),
        },
        about("What is kept while the gateway is away", "Was aufbewahrt wird, solange das Gateway fehlt"),
        { default: {} },
      ),
    },
    about("A device on a board", "Ein Gerät auf einer Platine"),
  );
}

/** As read: defaults filled in. */
export type BoardSettings = Static<ReturnType<typeof boardInstallationSchema>>;

/** What the core is told, from the two files. `firmware`: its version. */
export function boardInstallationOf(
  settings: BoardSettings,
  credentials: Credentials,
  firmware: string,
  drivers: readonly Driver[],
): Installation {
  return {
    ...identityOf(credentials, firmware),
    sensors: settings.sensors.map((sensor) => sensorOf(sensor, drivers)),
    batch: settings.batch,
    statusInterval: settings.status,
    outbox: { bytesMax: settings.outbox.bytes, framesMax: settings.outbox.frames, persistent: false },
  };
}

function sensorOf(sensor: BoardSensor, drivers: readonly Driver[]): InstalledSensor {
  const installed = installedSensor(sensor, drivers);
  const driver = drivers.find(({ name }) => name === sensor.driver);
  const columns = driver?.channels === undefined ? [] : columnsNamed(driver.channels, sensor.channels);
  return columns.length === 0 ? installed : { ...installed, channels: columns };
}
