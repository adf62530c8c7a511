import { wmbus } from "../../protocols/wmbus.ts";
import { receiverNames, wmbusBehind } from "../../protocols/wmbus-receiver.ts";
import { textOption, type UartDriver } from "../driver.ts";
import { pushMeter } from "../push-meter.ts";

/** A heat, water, gas or electricity meter on the air, heard by a USB receiver. */
export const wmbusMeter: UartDriver = pushMeter({
  name: "wmbus-meter",
  title: "Wireless M-Bus meter behind a USB receiver",
  datasheet: "EN 13757-4:2019; OMS specification volume 2, 4.3.3",
  language: wmbus,
  keyFiles: ["keyFile"],
  options: [
    {
      name: "receiver",
      meaning:
        "how the receiver hands telegrams out: plain from their L field on, or in frames of its maker (amber-rssi: with the field strength)",
      standard: "plain",
      choices: receiverNames,
    },
  ],
  behind: (options) => wmbusBehind(textOption(wmbusMeter, options, "receiver")),
  shared: true,
  idle: 200, // telegrams on the air are seconds apart; one takes 50 ms at 57600 baud
  fresh: 1200000, // meters send every few seconds to every quarter of an hour, OMS §4.3.2.3
  silence: 3600000,
  advice: {
    noBytes: {
      en: "check that the receiver is plugged in and set to the meter's mode (T1, C1 or S1) with its maker's program, and that the antenna stands free",
      de: "Prüfen Sie, ob der Empfänger steckt und auf den Modus des Zählers gestellt ist (T1, C1 oder S1, mit dem Programm seines Herstellers) und ob die Antenne frei steht",
    },
    noMeasurement: {
      en: "check the meter's id as printed on it, its key, and whether it is this receiver",
      de: "Prüfen Sie die aufgedruckte Nummer des Zählers, seinen Schlüssel und ob es dieser Empfänger (receiver) ist",
    },
  },
  examples: [
    {
      title: "154.201 m3 of water, with the beginning of the next telegram",
      hex: "144477040201" + "60660e077a00000000" + "0c1301421500" + "14449315",
      values: ["154.201"],
    },
    {
      title: "an encrypted telegram without a key",
      hex: "1e447704020160660e077a00001005" + "918691189cb4008fc65f5b5d1a009401" + "1e4493150301",
      fault: "no-key",
    },
  ],
});
