/** Modbus RTU and TCP: meters on DIN rails behind RS-485 or a network, read by their register maps. Several may share a line. */
import { Type } from "@sinclair/typebox";
import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { choice, modbusPort, whole } from "../config/schema.ts";
import { meterKind } from "./meter-kind.ts";

export const definition = meterKind("modbus", {
  driver: () => "modbus-meter",
  about: {
    en: "Electricity meter on RS-485 (Modbus RTU, is asked)",
    de: "Stromzähler am RS-485 (Modbus RTU, wird gefragt)",
  },
  keys: {
    port: modbusPort({
      about: {
        en: "Serial port of the RS-485 adapter, best by its lasting name under /dev/serial/by-id; or tcp://host:port for Modbus TCP",
        de: "Serieller Anschluss des RS-485-Adapters, am besten mit seinem festen Namen unter /dev/serial/by-id; oder tcp://Rechner:Port für Modbus TCP",
      },
      example: "tcp://192.0.2.10:502",
    }),
    map: choice([...modbusMaps.map(({ name }) => name), "sunspec"], {
      about: {
        en: "Which meter it is; sunspec for one that says so itself",
        de: "Welcher Zähler es ist; sunspec für einen, der es selbst sagt",
      },
      example: "sdm630",
    }),
    unit: whole({
      about: { en: "Its unit address", de: "Seine Adresse am Bus" },
      default: 1,
      minimum: 1,
      maximum: 247,
    }),
    baud: whole({
      about: {
        en: "Speed of the line in baud; 0: as the meter leaves the factory",
        de: "Geschwindigkeit der Leitung in Baud; 0: wie der Zähler das Werk verlässt",
      },
      default: 0,
      minimum: 0,
      maximum: 921_600,
    }),
    parity: Type.Optional(
      choice(["none", "even"], {
        about: {
          en: "Parity bit; without it as the meter leaves the factory",
          de: "Paritätsbit; ohne Angabe wie der Zähler das Werk verlässt",
        },
        example: "even",
      }),
    ),
  },
});
