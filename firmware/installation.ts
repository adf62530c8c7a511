/**
 * device.yaml, as a schema, and what it means to the core. Boards never see this file; who starts or builds a device reads device.yaml with
 * the gateway's config-file.ts (`hasen device run`, `hasen build`). Keywords as in gateway/config/schema.ts: `about` in both languages,
 * `form` for texts with a meaning. Durations arrive in milliseconds, sizes in bytes, files as absolute paths.
 */
import { type Static, Type } from "@sinclair/typebox";
import type { MeterKeys } from "../protocols/meter.ts";
import type { Driver } from "./driver.ts";
import { type Installation, installationDefaults } from "./installation-type.ts";
import { about, duration, group, path } from "./schema-parts.ts";
import {
  computerPlace,
  installedSensor,
  type SensorSettings,
  sensorGroup,
  withKeys,
} from "./sensor-settings.ts";

const sensorsMax = 16;

export const version = Type.Unsafe<1>({ enum: [1], about: about("Form of this file", "Form dieser Datei") });

/** Where device.yaml names the file that `credentialsSchema` describes. */
export function credentialsFile(example: string) {
  return path(
    about(
      "The file that `hasen device new` wrote: who the device is, and its key",
      "Die Datei, die `hasen device new` geschrieben hat: wer das Gerät ist, und sein Schlüssel",
    ),
    { example: example },
  );
}

const gatewayUrl = Type.Unsafe<string>({
  type: "string",
  form: "broker",
  about: about("The gateway's broker", "Der Broker des Gateways"),
  example: "mqtt://gateway.local:1883",
});

const serialLink = group(
  {
    port: path(
      about(
        "Serial port to the gateway, by its lasting name",
        "Serieller Anschluss zum Gateway, mit seinem dauerhaften Namen",
      ),
      { example: "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0" },
    ),
    baud: Type.Integer({
      minimum: 300,
      maximum: 4000000,
      default: 115200,
      about: about("Speed of the line in baud", "Geschwindigkeit der Leitung in Baud"),
    }),
  },
  about("Serial line to the gateway", "Serielle Leitung zum Gateway"),
);

const mqttLink = group(
  {
    url: gatewayUrl,
    caFile: Type.Optional(
      path(
        about(
          "Certificates to trust instead of the system's (PEM), for mqtts",
          "Zertifikate, denen statt denen des Systems vertraut wird (PEM), für mqtts",
        ),
        { example: "ca.pem" },
      ),
    ),
  },
  about("MQTT to the gateway", "MQTT zum Gateway"),
);

const firmata = group(
  {
    port: path(
      about(
        "Serial port of the Arduino, by its lasting name",
        "Serieller Anschluss des Arduino, mit seinem dauerhaften Namen",
      ),
      { example: "/dev/serial/by-id/usb-Arduino__www.arduino.cc__0043_7563331323335180D0A1-if00" },
    ),
    baud: Type.Integer({
      minimum: 9600,
      maximum: 2000000,
      default: 57600,
      about: about("Speed of the line in baud", "Geschwindigkeit der Leitung in Baud"),
    }),
  },
  about(
    "An Arduino with StandardFirmata that lends its inputs: its I2C bus is the port firmata, its pins are D2 and up and A0 and up",
    "Ein Arduino mit StandardFirmata, der seine Eingänge leiht: sein I2C-Bus ist der Anschluss firmata, seine Pins sind D2 und so weiter und A0 und so weiter",
  ),
);

/** The way to the gateway; `kind` tells which. */
export type LinkSettings =
  | ({ kind: "serial" } & Static<typeof serialLink>)
  | ({ kind: "mqtt" } & Static<typeof mqttLink>);

export const batchGroup = group(
  {
    rows: Type.Integer({
      minimum: 1,
      maximum: 256,
      default: installationDefaults.batch.rows,
      about: about("Rows that go out together", "Zeilen, die zusammen hinausgehen"),
    }),
    delay: duration(
      about(
        "Longest time the first of them waits for the others",
        "Längste Zeit, die die erste auf die anderen wartet",
      ),
      { least: "0 s", most: "24 h", default: "60 s" },
    ),
  },
  about("How rows travel", "Wie Zeilen reisen"),
  { default: {} },
);

export const statusInterval = duration(
  about("Time between two reports on itself", "Zeit zwischen zwei Berichten über sich selbst"),
  {
    least: "10 s",
    most: "1 h",
    default: "1 h",
  },
);

/** The schema of device.yaml for these drivers (drivers/index.ts). */
export function installationSchema(drivers: readonly Driver[]) {
  return group(
    {
      version: version,
      credentials: credentialsFile("./pb-rathaus-meter-017.key.yaml"),
      board: Type.Unsafe<string>({
        type: "string",
        form: "name",
        about: about(
          "Board the device runs on, as logs name it",
          "Platine, auf der das Gerät läuft, wie Protokolle sie nennen",
        ),
        default: "linux",
      }),
      firmata: Type.Optional(firmata),
      link: Type.Unsafe<LinkSettings>({
        about: about("The way to the gateway", "Der Weg zum Gateway"),
        discriminator: "kind",
        kinds: [
          { kind: "mqtt", schema: mqttLink },
          { kind: "serial", schema: serialLink },
        ],
      }),
      sensors: Type.Array(
        Type.Unsafe<SensorSettings>({
          about: about("One sensor or meter", "Ein Sensor oder Zähler"),
          discriminator: "driver",
          kinds: drivers.map((driver) => ({
            kind: driver.name,
            schema: sensorGroup(driver, computerPlace(driver)),
          })),
        }),
        {
          about: about("What the device reads", "Was das Gerät liest"),
          minItems: 1,
          maxItems: sensorsMax,
        },
      ),
      batch: batchGroup,
      status: statusInterval,
      storage: path(
        about(
          "Folder for what must survive a power cut",
          "Ordner für das, was einen Stromausfall überleben muss",
        ),
        { default: "/var/lib/dreihasen-device" },
      ),
      outbox: group(
        {
          bytes: Type.Unsafe<number>({
            type: "string",
            form: "size",
            about: about("Most data in it", "Höchste Datenmenge darin"),
            least: "4 KiB",
            most: "1 GiB",
            default: "1 MiB",
          }),
          frames: Type.Integer({
            minimum: 16,
            maximum: 1000000,
            default: installationDefaults.outbox.framesMax,
            about: about("Most messages in it", "Höchstzahl der Nachrichten darin"),
          }),
          persistent: Type.Boolean({
            default: installationDefaults.outbox.persistent,
            about: about("Whether it survives a power cut", "Ob er einen Stromausfall überlebt"),
          }),
        },
        about("What is kept while the gateway is away", "Was aufbewahrt wird, solange das Gateway fehlt"),
        { default: {} },
      ),
    },
    about("A device", "Ein Gerät"),
  );
}

/** device.yaml as read: defaults filled in. */
export type DeviceSettings = Static<ReturnType<typeof installationSchema>>;

/** The schema of the file `hasen device new` writes; the only file of a device that holds a secret. */
export const credentialsSchema = group(
  {
    version: version,
    deployment: Type.Unsafe<string>({
      type: "string",
      form: "name",
      about: about("Deployment the device belongs to", "Einsatz, zu dem das Gerät gehört"),
      example: "paderborn",
    }),
    device: Type.Unsafe<string>({
      type: "string",
      form: "urn",
      about: about("URN of the device", "URN des Geräts"),
    }),
    kid: Type.Integer({
      minimum: 1,
      maximum: 65535,
      about: about("Number of the key at its gateway", "Nummer des Schlüssels bei seinem Gateway"),
    }),
    alg: Type.Unsafe<"ccm" | "hmac">({
      enum: ["ccm", "hmac"],
      about: about(
        "ccm encrypts, hmac only authenticates",
        "ccm verschlüsselt, hmac sichert nur die Echtheit",
      ),
    }),
    key: Type.Unsafe<Uint8Array>({
      type: "string",
      form: "key",
      about: about("Root key", "Wurzelschlüssel"),
    }),
  },
  about("Credentials of a device", "Zugangsdaten eines Geräts"),
);

export type Credentials = Static<typeof credentialsSchema>;

/** Who the device is, from the file that holds its key. `firmware`: its version. */
export function identityOf(
  credentials: Credentials,
  firmware: string,
): Pick<Installation, "device" | "deployment" | "kid" | "root" | "alg" | "firmware"> {
  return {
    device: credentials.device,
    deployment: credentials.deployment,
    kid: credentials.kid,
    root: credentials.key,
    alg: credentials.alg === "ccm" ? 0 : 1,
    firmware: firmware,
  };
}

/** What the core is told, from the files of a device. `firmware`: its version; `keys`: of each sensor that has some, by its place in the list. */
export function installationOf(
  settings: DeviceSettings,
  credentials: Credentials,
  firmware: string,
  drivers: readonly Driver[],
  keys: readonly (MeterKeys | null)[] = [],
): Installation {
  return {
    ...identityOf(credentials, firmware),
    sensors: settings.sensors.map((sensor, i) => withKeys(installedSensor(sensor, drivers), keys[i])),
    batch: settings.batch,
    statusInterval: settings.status,
    outbox: {
      bytesMax: settings.outbox.bytes,
      framesMax: settings.outbox.frames,
      persistent: settings.outbox.persistent,
    },
  };
}
