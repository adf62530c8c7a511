import { type TProperties, Type } from "@sinclair/typebox";
import { type About, deviceName, duration, group, type Kind, list, path, whole } from "../config/schema.ts";

/** The keys that every meter has. */
const common = {
  name: deviceName({
    about: {
      en: "Name of the meter, as a device's: its short name or its URN",
      de: "Name des Zählers wie der eines Geräts: sein kurzer Name oder seine URN",
    },
    example: "pb-rathaus-meter-017",
  }),
  interval: Type.Optional(
    duration({
      about: {
        en: "Time between two rows; without it 15 min, since what a meter tells is personal",
        de: "Zeit zwischen zwei Zeilen; ohne Angabe 15 min, denn was ein Zähler sagt, ist personenbezogen",
      },
      example: "15 min",
      least: "1 s",
      most: "24 h",
    }),
  ),
};

/** The serial port of a meter, an optical head or a receiver. */
export function port(about?: About) {
  return path({
    about: about ?? {
      en: "Serial port of the meter; best by its lasting name under /dev/serial/by-id",
      de: "Serieller Anschluss des Zählers; am besten mit seinem festen Namen unter /dev/serial/by-id",
    },
    example: "/dev/serial/by-id/usb-Silicon_Labs_CP2104_Lesekopf-if00-port0",
  });
}

export function baud(standard: number) {
  return whole({
    about: { en: "Speed of the line in baud", de: "Geschwindigkeit der Leitung in Baud" },
    default: standard,
    minimum: 300,
    maximum: 921_600,
  });
}

/** The file that holds a meter's key. */
export function keyFile() {
  return Type.Optional(
    path({
      about: {
        en: "File whose first line is the meter's key in hexadecimal; readable by the gateway's user alone",
        de: "Datei, deren erste Zeile der Schlüssel des Zählers ist, hexadezimal; nur für den Benutzer des Gateways lesbar",
      },
      example: "./meter-key",
    }),
  );
}

/**
 * What stands in the config about a meter. Keys beyond these are options of its driver (firmware/drivers), by the same name. `port` is a
 * path for serial lines; a language without one says its own (a Bluetooth adapter, say).
 */
export interface MeterSettings extends Readonly<Record<string, unknown>> {
  readonly language: string;
  /** Short name. */
  readonly name: string;
  /** ms */
  readonly interval?: number;
  readonly port: string;
  readonly keyFile?: string;
  readonly authFile?: string;
}

/** A language in which a gateway's meter may speak: its keys beside the common ones. */
export interface MeterKind<K extends string = string> extends Kind<K> {
  /** Name of the firmware's driver that reads a meter with these settings. */
  readonly driver: (settings: MeterSettings) => string;
}

/** A meter's id as it is printed on it. */
export function meterId(about: About) {
  return Type.Unsafe<string>({ type: "string", form: "meterId", about, example: "66600102" });
}

const metersMax = 64;

/** The list of meters, for these languages. */
export function meterList(definitions: readonly MeterKind[]) {
  const meter = Type.Unsafe<MeterSettings>({
    about: { en: "One meter", de: "Ein Zähler" },
    discriminator: "language",
    kinds: definitions.map(({ kind, schema }) => ({ kind, schema })),
  });
  return list(meter, {
    about: {
      en: "Meters that the gateway reads by itself, without a device in between",
      de: "Zähler, die das Gateway selbst liest, ohne ein Gerät dazwischen",
    },
    default: [],
    minItems: 1,
    maxItems: metersMax,
    unique: "name",
  });
}

/** One file in this folder says one of these; one line in index.ts names it. */
export function meterKind<const K extends string>(
  language: K,
  options: { readonly driver: MeterKind["driver"]; readonly about: About; readonly keys: TProperties },
): MeterKind<K> {
  return {
    kind: language,
    driver: options.driver,
    schema: group({ ...common, ...options.keys }, { about: options.about }),
  };
}
