/**
 * What an installation is: one device's device.yaml, as a schema. Boards never see it; who starts or builds a device reads the
 * file with the gateway's config-file.ts (`hasen device run`, `hasen build`) and hands the core the values. Keywords as in
 * gateway/schema.ts: `about` in both languages, `form` for texts with a meaning. Durations arrive in milliseconds, sizes in bytes,
 * files as absolute paths.
 */
import { type Static, Type } from "@sinclair/typebox";

/** Longest interval between rows and between signs of life. */
const intervalMost = "24 h";
const sensorsMax = 16;

function duration(en: string, de: string, standard: string | undefined, least: string, most: string) {
  const options = { type: "string", form: "duration", about: { en: en, de: de }, least: least, most: most };
  return Type.Unsafe<number>(
    standard === undefined ? options : Object.assign(options, { default: standard }),
  );
}

function path(en: string, de: string, standard: string | undefined, example: string) {
  const options = { type: "string", form: "path", about: { en: en, de: de }, example: example };
  return Type.Unsafe<string>(
    standard === undefined ? options : Object.assign(options, { default: standard }),
  );
}

function baud(en: string, de: string, standard: number) {
  return Type.Unsafe<number>({
    enum: [300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600],
    about: { en: en, de: de },
    default: standard,
  });
}

const serialLink = Type.Object(
  {
    port: path(
      "Serial port to the gateway, by its lasting name",
      "Serieller Anschluss zum Gateway, mit seinem dauerhaften Namen",
      undefined,
      "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0",
    ),
    baud: baud("Speed of the line in baud", "Geschwindigkeit der Leitung in Baud", 115200),
  },
  {
    additionalProperties: false,
    about: { en: "Serial line to the gateway", de: "Serielle Leitung zum Gateway" },
  },
);

const mqttLink = Type.Object(
  {
    url: Type.Unsafe<string>({
      type: "string",
      form: "broker",
      about: { en: "The gateway's broker", de: "Der Broker des Gateways" },
      example: "mqtt://gateway.local:1883",
    }),
    ca: Type.Optional(
      path(
        "Certificate of the authority that signed the broker's, for mqtts",
        "Zertifikat der Stelle, die das des Brokers ausgestellt hat, für mqtts",
        undefined,
        "ca.pem",
      ),
    ),
  },
  { additionalProperties: false, about: { en: "MQTT to the gateway", de: "MQTT zum Gateway" } },
);

/** The link of a device: `kind` tells which. */
export type LinkSettings =
  | ({ kind: "serial" } & Static<typeof serialLink>)
  | ({ kind: "mqtt" } & Static<typeof mqttLink>);

function sensorSchema(drivers: readonly string[]) {
  return Type.Object(
    {
      driver: Type.Unsafe<string>({
        enum: drivers,
        about: {
          en: "Model of the sensor, or language of the meter",
          de: "Modell des Sensors oder Sprache des Zählers",
        },
      }),
      port: Type.Optional(
        path(
          "Serial port of a meter or sensor",
          "Serieller Anschluss eines Zählers oder Sensors",
          undefined,
          "/dev/serial/by-id/usb-Silicon_Labs_CP2104_lesekopf-if00-port0",
        ),
      ),
      baud: Type.Optional(
        Type.Unsafe<number>({
          enum: [300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200],
          about: {
            en: "Speed of that port in baud, where it differs from the driver's",
            de: "Geschwindigkeit dieses Anschlusses in Baud, falls sie von der des Treibers abweicht",
          },
        }),
      ),
      bus: Type.Optional(
        Type.Unsafe<string>({
          type: "string",
          maxLength: 64,
          about: { en: "Bus of a sensor", de: "Bus eines Sensors" },
          example: "i2c-1",
        }),
      ),
      address: Type.Optional(
        Type.Integer({
          minimum: 8,
          maximum: 119, // I2C-bus specification UM10204 §3.1.12: the others are reserved
          about: {
            en: "I2C address, where it differs from the driver's",
            de: "I2C-Adresse, falls sie von der des Treibers abweicht",
          },
        }),
      ),
      interval: Type.Optional(
        duration(
          "Time between two rows of this sensor, where it differs from the device's",
          "Zeit zwischen zwei Zeilen dieses Sensors, falls sie von der des Geräts abweicht",
          undefined,
          "1 s",
          intervalMost,
        ),
      ),
    },
    { additionalProperties: false, about: { en: "One sensor or meter", de: "Ein Sensor oder Zähler" } },
  );
}

/**
 * The schema of device.yaml, for the drivers given by name (firmware/drivers/index.ts). Quantities marked personal keep quarter-hour
 * rows where neither the device nor the sensor names an interval; that is why those two have no default here.
 */
export function installationSchema(drivers: readonly string[]) {
  return Type.Object(
    {
      version: Type.Unsafe<1>({ enum: [1], about: { en: "Form of this file", de: "Form dieser Datei" } }),
      credentials: path(
        "The file that `hasen device new` wrote: who the device is, and its key",
        "Die Datei, die `hasen device new` geschrieben hat: wer das Gerät ist, und sein Schlüssel",
        undefined,
        "device.key.yaml",
      ),
      board: Type.Unsafe<string>({
        type: "string",
        form: "name",
        about: {
          en: "Board the device runs on, as logs name it",
          de: "Platine, auf der das Gerät läuft, wie Protokolle sie nennen",
        },
        default: "linux",
      }),
      link: Type.Unsafe<LinkSettings>({
        about: { en: "The way to the gateway", de: "Der Weg zum Gateway" },
        discriminator: "kind",
        kinds: [
          { kind: "mqtt", schema: mqttLink },
          { kind: "serial", schema: serialLink },
        ],
      }),
      sensors: Type.Array(sensorSchema(drivers), {
        about: { en: "What the device reads", de: "Was das Gerät liest" },
        minItems: 1,
        maxItems: sensorsMax,
      }),
      interval: Type.Optional(
        duration(
          "Time between two rows; without it 15 min for personal quantities, 1 min for others",
          "Zeit zwischen zwei Zeilen; ohne Angabe 15 min für personenbezogene Größen, 1 min für andere",
          undefined,
          "1 s",
          intervalMost,
        ),
      ),
      heartbeat: duration(
        "Longest silence: a row goes out after it even if nothing changed",
        "Längste Stille: danach geht eine Zeile hinaus, auch wenn sich nichts geändert hat",
        "1 h",
        "1 s",
        intervalMost,
      ),
      storage: path(
        "Folder for what must survive a power cut",
        "Ordner für das, was einen Stromausfall überleben muss",
        "/var/lib/dreihasen-device",
        "./storage",
      ),
      outbox: Type.Unsafe<number>({
        type: "string",
        form: "size",
        about: {
          en: "Most data kept while the gateway is away",
          de: "Höchste Datenmenge, die aufbewahrt wird, solange das Gateway fehlt",
        },
        least: "4 KiB",
        most: "1 GiB",
        default: "4 MiB",
      }),
    },
    { additionalProperties: false, about: { en: "A device", de: "Ein Gerät" } },
  );
}

export type Installation = Static<ReturnType<typeof installationSchema>>;

/** The schema of the file `hasen device new` writes; the only file of a device that holds a secret. */
export const credentialsSchema = Type.Object(
  {
    version: Type.Unsafe<1>({ enum: [1], about: { en: "Form of this file", de: "Form dieser Datei" } }),
    deployment: Type.Unsafe<string>({
      type: "string",
      form: "name",
      about: { en: "Deployment the device belongs to", de: "Einsatz, zu dem das Gerät gehört" },
      example: "paderborn",
    }),
    device: Type.Unsafe<string>({
      type: "string",
      form: "urn",
      about: { en: "URN of the device", de: "URN des Geräts" },
      example: "urn:dev:ops:pb-rathaus-meter-017",
    }),
    kid: Type.Integer({
      minimum: 1,
      maximum: 65535,
      about: { en: "Number of the key at its gateway", de: "Nummer des Schlüssels bei seinem Gateway" },
    }),
    alg: Type.Unsafe<"ccm" | "hmac">({
      enum: ["ccm", "hmac"],
      about: {
        en: "ccm encrypts, hmac only authenticates",
        de: "ccm verschlüsselt, hmac sichert nur die Echtheit",
      },
    }),
    key: Type.Unsafe<Uint8Array>({
      type: "string",
      form: "key",
      about: { en: "Root key: 32 hexadecimal digits", de: "Wurzelschlüssel: 32 hexadezimale Ziffern" },
    }),
    gateway: Type.Optional(
      Type.Unsafe<string>({
        type: "string",
        form: "broker",
        about: {
          en: "Address of the gateway, for whoever writes device.yaml",
          de: "Adresse des Gateways, für den, der device.yaml schreibt",
        },
        example: "mqtt://gateway.local:1883",
      }),
    ),
  },
  { additionalProperties: false, about: { en: "Credentials of a device", de: "Zugangsdaten eines Geräts" } },
);

export type Credentials = Static<typeof credentialsSchema>;
