import { dsmr } from "../../protocols/dsmr.ts";
import { pushMeter } from "../push-meter.ts";

/** A Dutch, Belgian or Luxembourgish meter on its P1 port, which pushes every second (version 5) or every ten. */
export const dsmrMeter = pushMeter({
  name: "dsmr-meter",
  title: "Electricity meter with a P1 port (DSMR)",
  datasheet: "Netbeheer Nederland, P1 companion standard 5.0.2",
  language: dsmr,
  keyFiles: ["keyFile"],
  hasOthers: true,
  fresh: 15000,
  silence: 35000,
  advice: {
    noBytes: {
      en: "check that the cable's request line (pin 2) is tied to 5 V and that it inverts the data line",
      de: "Prüfen Sie, ob die Anforderungsleitung des Kabels (Stift 2) an 5 V liegt und ob es die Datenleitung invertiert",
    },
    noMeasurement: {
      en: "wrong baud rate: versions 2 and 3 send with 9600, all others with 115200; or the meter encrypts and its key is missing",
      de: "Falsche Geschwindigkeit: Die Versionen 2 und 3 senden mit 9600 Baud, alle anderen mit 115200; oder der Zähler verschlüsselt, und sein Schlüssel fehlt",
    },
  },
  examples: [
    {
      title: "2941.646 kWh in tariff 1, 231.4 V",
      hex:
        "2f4142433550310d0a0d0a312d303a312e382e31283030323934312e3634362a6b5768290d0a" +
        "312d303a33322e372e30283233312e342a56290d0a2134433133",
      values: ["2941646", "231.4"],
    },
    {
      title: "a flipped bit",
      hex:
        "2f4142433550310d0a0d0a312d303a312e382e31283030323934312e3634372a6b5768290d0a" +
        "312d303a33322e372e30283233312e342a56290d0a2134433133",
      fault: "checksum",
    },
  ],
});
