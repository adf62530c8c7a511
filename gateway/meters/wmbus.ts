/** Wireless M-Bus and OMS: meters on the air, heard by one USB receiver for all of them. */
import { receiverNames } from "../../protocols/wmbus-receiver.ts";
import { choice, whole } from "../config/schema.ts";
import { keyFile, meterId, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("wmbus", {
  driver: () => "wmbus-meter",
  about: {
    en: "Meter on the air (wireless M-Bus); several may share one receiver",
    de: "Funkzähler (drahtloser M-Bus); mehrere können sich einen Empfänger teilen",
  },
  keys: {
    port: port({
      en: "Serial port of the receiver",
      de: "Serieller Anschluss des Empfängers",
    }),
    receiver: choice(receiverNames, {
      about: {
        en: "How it hands telegrams out: plain from their L field on, or in frames of its maker (amber-rssi: with the field strength)",
        de: "Wie er Telegramme ausgibt: plain ab ihrem L-Feld, oder in Rahmen seines Herstellers (amber-rssi: mit der Feldstärke)",
      },
      default: "plain",
    }),
    baud: whole({
      about: {
        en: "Speed of the line in baud; 0: as the receiver leaves the factory (57600, Amber's 9600)",
        de: "Geschwindigkeit der Leitung in Baud; 0: wie der Empfänger das Werk verlässt (57600, der von Amber 9600)",
      },
      default: 0,
      minimum: 0,
      maximum: 921_600,
    }),
    address: meterId({
      en: "The meter's id as printed on it, eight digits; neighbours' meters are not read",
      de: "Die Nummer des Zählers, wie sie aufgedruckt ist, acht Ziffern; Zähler von Nachbarn werden nicht gelesen",
    }),
    keyFile: keyFile(),
  },
});
