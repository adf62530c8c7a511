/** D0 (IEC 62056-21): older electricity meters, and heat meters with an optical head. */
import { baud, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("d0", {
  driver: "d0-meter",
  about: {
    en: "Electricity meter with an optical head (D0, sends by itself)",
    de: "Stromzähler mit optischem Lesekopf (D0, sendet von selbst)",
  },
  keys: { port: port(), baud: baud(9600) },
});
