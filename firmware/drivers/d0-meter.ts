import { d0 } from "../../protocols/d0.ts";
import { electricityChannels } from "../channels.ts";
import { pushMeter } from "../push-meter.ts";

/** An older electricity meter that pushes its registers through the optical head by itself (mode D), every second or two. */
export const d0Meter = pushMeter({
  name: "d0-meter",
  title: "Electricity meter with an optical head (D0, mode D)",
  datasheet: "IEC 62056-21:2002 §6.4.4, mode D",
  language: d0,
  channels: electricityChannels,
  fresh: 8000,
  silence: 30000,
  advice: {
    noBytes: {
      en: "check that the head sits on the meter's optical port with its cable down and holds by its magnet; a meter that wants to be asked (modes A to C) stays silent here",
      de: "Prüfen Sie, ob der Lesekopf mit dem Kabel nach unten auf der optischen Schnittstelle des Zählers sitzt und mit seinem Magneten hält; ein Zähler, der gefragt werden will (Modi A bis C), bleibt hier still",
    },
    noMeasurement: {
      en: "wrong baud rate: mode D is 9600 or 2400; or the head sits askew and catches stray light",
      de: "Falsche Geschwindigkeit: Modus D sendet mit 9600 oder 2400 Baud; oder der Lesekopf sitzt schief und fängt Fremdlicht",
    },
  },
  examples: [
    {
      title: "2941.6461 kWh drawn, 234.5 W fed in",
      hex:
        "2f4142433544300d0a0d0a312d303a312e382e302a323535283030323934312e363436312a6b5768290d0a" +
        "312d303a31362e372e302a323535282d3030303233342e352a57290d0a210d0a2f",
      values: ["2941646.1", "-234.5"],
    },
    {
      title: "a readout whose BCC does not fit",
      hex: "2f4142433544300d0a02312e382e30283030323934312e363436312a6b5768290d0a210d0a0340",
      fault: "checksum",
    },
  ],
});
