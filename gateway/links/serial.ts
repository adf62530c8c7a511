import type { Static } from "@sinclair/typebox";
import { duration, group, path, whole } from "../schema.ts";

const schema = group(
  {
    port: path({
      about: {
        en: "The serial port; best by its lasting name under /dev/serial/by-id",
        de: "Der serielle Anschluss; am besten mit seinem festen Namen unter /dev/serial/by-id",
      },
      example: "/dev/ttyUSB0",
    }),
    baud: whole({
      about: { en: "Baud rate, 8N1", de: "Baudrate, 8N1" },
      default: 115200,
      minimum: 300,
      maximum: 4_000_000,
    }),
    silence: duration({
      about: {
        en: "Without a byte for this long the port is closed and opened again; devices report at least hourly",
        de: "Kommt so lange kein Byte, wird der Anschluss neu geöffnet; Geräte melden sich mindestens stündlich",
      },
      default: "2 h",
      least: "1 s",
      most: "7 d",
    }),
  },
  { about: { en: "Devices on a serial line", de: "Geräte an einer seriellen Leitung" } },
);

export const definition = { kind: "serial", schema } as const;
export type SerialSettings = Static<typeof schema>;
