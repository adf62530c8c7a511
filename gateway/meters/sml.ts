/** SML: the INFO interface of German electricity meters ("moderne Messeinrichtung"), through an optical head. */
import { flag } from "../config/schema.ts";
import { baud, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("sml", {
  driver: () => "sml-meter",
  about: {
    en: "Electricity meter with an optical head (SML, sends by itself)",
    de: "Stromzähler mit optischem Lesekopf (SML, sendet von selbst)",
  },
  keys: {
    port: port(),
    baud: baud(9600),
    correctSigns: flag({
      about: {
        en: "Put the wrong sign of power of DZG DVS74 meters right (serial numbers 42 to 48 and 55 to 58 million; others are never touched)",
        de: "Das falsche Vorzeichen der Leistung von DZG DVS74 berichtigen (Seriennummern 42 bis 48 und 55 bis 58 Millionen; andere bleiben unberührt)",
      },
      default: true,
    }),
    salvage: flag({
      about: {
        en: "On a bad line: take a message whose own checksum holds out of a telegram whose checksum does not",
        de: "An einer schlechten Leitung: eine Nachricht, deren eigene Prüfsumme stimmt, aus einem Telegramm nehmen, dessen Prüfsumme nicht stimmt",
      },
      default: false,
    }),
  },
});
