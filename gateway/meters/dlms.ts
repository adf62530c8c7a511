/** DLMS push: the customer interface of smart meters in Austria, Switzerland, Luxembourg and Norway. */
import { Type } from "@sinclair/typebox";
import { path } from "../config/schema.ts";
import { baud, keyFile, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("dlms", {
  driver: () => "dlms-meter",
  about: {
    en: "Smart meter at its customer interface (DLMS, sends by itself)",
    de: "Smart Meter an seiner Kundenschnittstelle (DLMS, sendet von selbst)",
  },
  keys: {
    port: port(),
    baud: baud(2400),
    keyFile: keyFile(),
    authFile: Type.Optional(
      path({
        about: {
          en: "File whose first line is the authentication key, by which a telegram is known to be the meter's own",
          de: "Datei, deren erste Zeile der Authentifizierungsschlüssel ist: daran ist ein Telegramm als das des Zählers zu erkennen",
        },
        example: "./meter-auth",
      }),
    ),
  },
});
