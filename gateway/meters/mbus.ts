/** Wired M-Bus: heat, water, gas and electricity meters on two wires, behind a level converter. */
import { Type } from "@sinclair/typebox";
import { baud, keyFile, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("mbus", {
  driver: () => "mbus-meter",
  about: {
    en: "Meter on a wired M-Bus; all meters of a bus name the same port and speed",
    de: "Zähler an einem verdrahteten M-Bus; alle Zähler eines Busses nennen denselben Anschluss und dieselbe Geschwindigkeit",
  },
  keys: {
    port: port({ en: "Serial port of the level converter", de: "Serieller Anschluss des Pegelwandlers" }),
    baud: baud(2400),
    address: Type.Unsafe<string>({
      type: "string",
      form: "mbusAddress",
      about: {
        en: "Primary address, 1 to 250, or the eight digits printed on the meter",
        de: "Primäradresse, 1 bis 250, oder die acht Ziffern, die auf dem Zähler stehen",
      },
      example: "66600102",
    }),
    keyFile: keyFile(),
  },
});
