/** Wireless M-Bus and OMS: meters on the air, heard by one USB receiver for all of them. */
import { baud, keyFile, meterId, meterKind, port } from "./meter-kind.ts";

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
    baud: baud(57_600),
    address: meterId({
      en: "The meter's id as printed on it, eight digits; neighbours' meters are not read",
      de: "Die Nummer des Zählers, wie sie aufgedruckt ist, acht Ziffern; Zähler von Nachbarn werden nicht gelesen",
    }),
    keyFile: keyFile(),
  },
});
