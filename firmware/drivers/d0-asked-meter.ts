import { D0Session, type D0Step } from "../../protocols/d0-session.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import type { Telegram } from "../../protocols/meter.ts";
import { askedChannels } from "../channels.ts";
import {
  type AskedDriver,
  type AskedHost,
  type AskedSession,
  flagOption,
  numberOption,
  textOption,
} from "../driver.ts";
import type { DriverOptions } from "../installation-type.ts";
import { TelegramReader } from "../telegram-reader.ts";

const baudInitial = 300; // IEC 62056-21 §6.3.1

/** An older electricity, heat or gas meter behind an optical head that speaks when it is asked, in modes A, B and C. */
export const d0AskedMeter: AskedDriver = {
  kind: "asked",
  changes: true,
  name: "d0-asked-meter",
  title: "Meter with an optical head that is asked (D0, modes A to C)",
  datasheet: "IEC 62056-21:2002 §6.4.1 to §6.4.3",
  options: [
    { name: "address", meaning: "the meter's address; empty asks whoever is there", standard: "" },
    {
      name: "baudMax",
      meaning: "fastest baud that the head can do",
      standard: 9600,
      least: 300,
      most: 19200,
    },
    { name: "wake", meaning: "whether it sleeps until it is woken, as battery meters do", standard: false },
  ],
  columns: () => null,
  channels: askedChannels,
  fresh: 60000,
  silence: 60000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check that the head sits on the meter's optical port and holds by its magnet; a meter that sends by itself wants mode push (at a device the driver d0-meter), a battery meter wants wake",
      de: "Prüfen Sie, ob der Lesekopf auf der optischen Schnittstelle des Zählers sitzt und mit seinem Magneten hält; ein Zähler, der von selbst sendet, braucht mode push (am Gerät den Treiber d0-meter), einer mit Batterie braucht wake",
    },
    noMeasurement: {
      en: "the head may be too slow for the meter's speed: try a lower baudMax",
      de: "Der Lesekopf ist vielleicht zu langsam für den Zähler: Versuchen Sie ein kleineres baudMax",
    },
  },
  // Eight bits without parity: the session makes the parity itself, and only the speed changes.
  settings: () => ({ baud: baudInitial, dataBits: 8, parity: "none", stopBits: 1 }),
  session: (options) => createSession(options),
  // The answer to the request: identification of mode A, then the data.
  examples: [
    {
      title: "2941.6 kWh",
      hex: "2f58595a204d455445520d0a02312e382e30283030323934312e362a6b5768290d0a210d0a0372",
      values: ["2941600"],
    },
    {
      title: "a flipped bit, each time it is asked",
      hex: "2f58595a204d455445520d0a02312e382e30283030323934312e372a6b5768290d0a210d0a0372",
      fault: "checksum",
    },
  ],
};

function createSession(options: DriverOptions): AskedSession {
  const telegrams = new TelegramReader();
  const session = new D0Session({
    address: textOption(d0AskedMeter, options, "address"),
    baudMax: numberOption(d0AskedMeter, options, "baudMax"),
    eightBits: true,
    wake: flagOption(d0AskedMeter, options, "wake"),
  });
  let busy = false;

  function act(steps: readonly D0Step[], host: AskedHost): void {
    steps.forEach((step) => {
      if (step.type === "line") {
        host.line(step.line);
      } else if (step.type === "send") {
        host.send(step.bytes);
      } else if (step.type === "telegram") {
        take(step.telegram, host);
      } else if (step.type === "fault") {
        host.fault(step.fault);
      } else {
        busy = false;
        host.done();
      }
    });
  }

  /** What is asked for ends with its BCC; only what a meter pushes may lack it. */
  function take(telegram: Telegram, host: AskedHost): void {
    if (telegram.quality === "unchecked") {
      host.fault(fault("truncated", "the readout ended without its checksum"));
    } else {
      telegrams.measure(telegram, host);
    }
  }

  return {
    get deadline() {
      return busy ? session.deadline : null;
    },
    start(now, host) {
      busy = true;
      act(session.start(now), host);
    },
    push(bytes, now, host) {
      if (busy) {
        act(session.push(bytes, now), host);
      }
    },
    tick(now, host) {
      if (busy) {
        act(session.tick(now), host);
      }
    },
    closed(_why: Fault, host) {
      if (busy) {
        busy = false;
        host.done();
      }
    },
  };
}
