import { sml } from "../../protocols/sml.ts";
import { electricityChannels } from "../channels.ts";
import { pushMeter } from "../push-meter.ts";

/** An electricity meter that pushes its registers through the optical INFO interface, once a second or so. */
export const smlMeter = pushMeter({
  name: "sml-meter",
  title: "Electricity meter with an optical head (SML)",
  datasheet: "VDE FNN Lastenheft Basiszähler, Funktionale Merkmale; BSI TR-03109-1 annex IV (SML)",
  language: sml,
  channels: electricityChannels,
  fresh: 5000, // meters push every 1 to 4 s
  silence: 12000,
  advice: {
    noBytes: {
      en: "check that the head sits on the meter's optical port with its cable down, holds by its magnet, and that the right port is named",
      de: "Prüfen Sie, ob der Lesekopf mit dem Kabel nach unten auf der optischen Schnittstelle des Zählers sitzt, mit seinem Magneten hält und ob der richtige Anschluss genannt ist",
    },
    noMeasurement: {
      en: "wrong baud rate or protocol, or the head sits askew and catches stray light",
      de: "Falsche Geschwindigkeit oder Sprache, oder der Lesekopf sitzt schief und fängt Fremdlicht",
    },
  },
  examples: [
    {
      title: "2941646.1 Wh drawn, 234.5 W fed in",
      hex:
        "1b1b1b1b010101017605000001016200620072630101760101040000010b0a01444852000000002a010163580100" +
        "760500000102620062007263070177010b0a01444852000000002a0172620165000012677277070100010800ff01" +
        "01621e52ff590000000001c0dc0d0177070100100700ff0101621b52ff55fffff6d70101016381d9007605000001" +
        "036200620072630201710163fd63000000001b1b1b1b1a03f31a",
      values: ["2941646.1", "-234.5"],
    },
    {
      title: "a meter whose PIN was not entered",
      hex:
        "1b1b1b1b010101017605000001016200620072630101760101040000010b0a01444852000000002a010163580100" +
        "760500000102620062007263070177010b0a01444852000000002a0172620165000012677177070100010800ff01" +
        "01621e52035500000b7d010101632c45007605000001036200620072630201710163fd63000000001b1b1b1b1a03" +
        "0d03",
      values: ["2941000"],
    },
    {
      title: "a flipped bit",
      hex:
        "1b1b1b1b010101017605000001016200620072630101760101040000010b0a01444852000000002a010163580100" +
        "760500000102620062007263070177010b0a01444852000000002a0172620165000012677277070100010800ff01" +
        "01621e52ff590000000001c0dc0c0177070100100700ff0101621b52ff55fffff6d70101016381d9007605000001" +
        "036200620072630201710163fd63000000001b1b1b1b1a03f31a",
      fault: "checksum",
    },
  ],
});
