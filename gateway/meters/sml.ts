/** SML: the INFO interface of German electricity meters ("moderne Messeinrichtung"), through an optical head. */
import { baud, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("sml", {
  driver: () => "sml-meter",
  about: {
    en: "Electricity meter with an optical head (SML, sends by itself)",
    de: "Stromzähler mit optischem Lesekopf (SML, sendet von selbst)",
  },
  keys: { port: port(), baud: baud(9600) },
});
