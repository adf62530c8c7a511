/** DSMR: the P1 port of Dutch, Belgian and Luxembourgish meters. */
import { baud, keyFile, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("dsmr", {
  driver: () => "dsmr-meter",
  about: {
    en: "Electricity meter with a P1 port (DSMR, sends by itself)",
    de: "Stromzähler mit P1-Anschluss (DSMR, sendet von selbst)",
  },
  keys: { port: port(), baud: baud(115_200), keyFile: keyFile() },
});
