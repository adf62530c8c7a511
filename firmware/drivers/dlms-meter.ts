import { dlms } from "../../protocols/dlms.ts";
import { pushMeter } from "../push-meter.ts";

/** A smart meter at its customer interface, as in Austria, Switzerland, Luxembourg and Norway. */
export const dlmsMeter = pushMeter({
  name: "dlms-meter",
  title: "Smart meter at its customer interface (DLMS push)",
  datasheet: "IEC 62056-7-5; Oesterreichs E-Wirtschaft, Kundenschnittstelle (HDLC and M-Bus framing)",
  language: dlms,
  keyFiles: ["keyFile", "authFile"],
  fresh: 90000, // every 5 to 60 s
  silence: 180000,
  advice: {
    noBytes: {
      en: "check that the grid operator has opened the customer interface, and that the adapter is an M-Bus or P1 one as the meter wants",
      de: "Prüfen Sie, ob der Netzbetreiber die Kundenschnittstelle freigeschaltet hat und ob der Adapter zum Zähler passt (M-Bus oder P1)",
    },
    noMeasurement: {
      en: "wrong baud rate (2400 or 9600), or the meter encrypts and the key is missing or another's",
      de: "Falsche Geschwindigkeit (2400 oder 9600 Baud), oder der Zähler verschlüsselt, und sein Schlüssel fehlt oder ist ein anderer",
    },
  },
  examples: [
    {
      title: "2941.646 kWh drawn, 76 W",
      hex:
        "7ea07ecf0223035e04e6e7000f00000000000205020309060100010800ff06002ce2ce02020f00161e02030906010002" +
        "0800ff060000000002020f00161e020309060100010700ff060000004c02020f00161b020309060100020700ff06000000" +
        "0002020f00161b020309060100100700ff060000004c02020f00161bd1fd7e",
      values: ["2941646", "0", "76"],
    },
    {
      title: "a flipped bit",
      hex:
        "7ea07ecf0223035e04e6e7000f00000000000205020309060100010800ff06002ce2cf02020f00161e02030906010002" +
        "0800ff060000000002020f00161e020309060100010700ff060000004c02020f00161b020309060100020700ff06000000" +
        "0002020f00161b020309060100100700ff060000004c02020f00161bd1fd7e",
      fault: "checksum",
    },
  ],
});
