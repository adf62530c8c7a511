/** D0 (IEC 62056-21): older electricity meters, and heat meters with an optical head. */

import { Type } from "@sinclair/typebox";
import { choice, flag, text, whole } from "../config/schema.ts";
import { baud, meterKind, port } from "./meter-kind.ts";

export const definition = meterKind("d0", {
  driver: (settings) => (settings["mode"] === "asked" ? "d0-asked-meter" : "d0-meter"),
  about: {
    en: "Electricity or heat meter with an optical head (D0)",
    de: "Strom- oder Wärmezähler mit optischem Lesekopf (D0)",
  },
  keys: {
    port: port(),
    mode: choice(["push", "asked"], {
      about: {
        en: "push: it sends by itself (mode D); asked: it answers (modes A, B and C, which it names itself)",
        de: "push: Er sendet von selbst (Modus D); asked: Er antwortet (Modi A, B und C, die er selbst nennt)",
      },
      default: "push",
    }),
    baud: baud(9600),
    baudMax: whole({
      about: {
        en: "With asked: the fastest speed that the head can do",
        de: "Bei asked: die höchste Geschwindigkeit, die der Lesekopf kann",
      },
      default: 9600,
      minimum: 300,
      maximum: 19_200,
    }),
    address: Type.Optional(
      text({
        about: {
          en: "With asked: the meter's address; without it whoever is there is asked",
          de: "Bei asked: die Adresse des Zählers; ohne sie wird gefragt, wer da ist",
        },
        example: "10000001",
        maxLength: 32,
      }),
    ),
    wake: flag({
      about: {
        en: "With asked: whether it sleeps until it is woken, as battery meters do",
        de: "Bei asked: ob er schläft, bis er geweckt wird, wie batteriebetriebene Zähler",
      },
      default: false,
    }),
  },
});
