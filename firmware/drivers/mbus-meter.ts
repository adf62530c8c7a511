import { type Fault, fault } from "../../protocols/fault.ts";
import { mbus } from "../../protocols/mbus.ts";
import { type MbusAddress, mbusAddress } from "../../protocols/mbus-address.ts";
import { MbusRead, MbusSession, type MbusStep } from "../../protocols/mbus-session.ts";
import type { DataRecord, MeterKeys } from "../../protocols/meter.ts";
import { mbusChannels } from "../channels.ts";
import { type AskedDriver, type AskedHost, type AskedSession, numberOption, textOption } from "../driver.ts";
import type { DriverOptions } from "../installation-type.ts";
import { TelegramReader } from "../telegram-reader.ts";

/** How often a session wants to look at the time while it waits, ms. */
const tickEvery = 20;

/** A heat, water, gas or electricity meter on a wired M-Bus, behind a level converter. */
export const mbusMeter: AskedDriver = {
  kind: "asked",
  name: "mbus-meter",
  title: "Meter on a wired M-Bus",
  datasheet: "EN 13757-2:2018 §5.5, EN 13757-3:2018",
  keyFiles: ["keyFile"],
  options: [
    { name: "baud", meaning: "baud, 0 for 2400", standard: 0, least: 0, most: 38400 },
    {
      name: "address",
      meaning: "primary address, 1 to 250, or the eight digits printed on the meter",
      standard: "1",
      form: "mbusAddress",
    },
  ],
  columns: () => null,
  channels: mbusChannels,
  fresh: 60000,
  silence: 60000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check the meter's address, the bus voltage (24 to 42 V between the two wires), and that the level converter has power",
      de: "Prüfen Sie die Adresse des Zählers, die Spannung am Bus (24 bis 42 V zwischen den beiden Adern) und ob der Pegelwandler Strom hat",
    },
    noMeasurement: {
      en: "two meters may share this address: take the eight digits printed on the meter instead",
      de: "Vielleicht haben zwei Zähler diese Adresse: Nehmen Sie statt ihrer die acht Ziffern, die auf dem Zähler stehen",
    },
  },
  settings: (options) => ({
    baud: baudOf(options),
    dataBits: mbus.line.dataBits,
    parity: mbus.line.parity,
    stopBits: mbus.line.stopBits,
  }),
  session: (options, keys) => createSession(options, keys),
  // The answers to its requests in order, a blank between two: the reset is acknowledged, then the data.
  examples: [
    {
      title: "154.201 m3 of water",
      hex: "e5 681515680801720201606677040e07000000000c13014215004b16",
      values: ["154.201"],
    },
    {
      title: "a flipped bit, each time it is asked",
      hex: "e5 681515680801720201606677040e07000000000c13014315004b16",
      fault: "bus",
    },
  ],
};

function baudOf(options: DriverOptions): number {
  const baud = numberOption(mbusMeter, options, "baud");
  return baud === 0 ? mbus.line.baud : baud;
}

function createSession(options: DriverOptions, keys: MeterKeys | undefined): AskedSession {
  const address = mbusAddress(textOption(mbusMeter, options, "address"));
  const telegrams = new TelegramReader();
  let session: MbusSession | null = null;
  let looked = 0;
  let found: readonly DataRecord[] = [];
  let medium: number | null = null;

  function act(steps: readonly MbusStep[], host: AskedHost): void {
    steps.forEach((step) => {
      if (step.type === "send") {
        host.send(step.bytes);
      } else if (step.type === "telegram") {
        found = found.concat(step.records);
        medium = step.medium === null ? medium : step.medium;
      } else if (step.type === "fault") {
        host.fault(step.fault);
      } else if (step.type === "end") {
        finish(host);
      }
    });
  }

  /** A meter may need several telegrams for what it has to say: they make one measurement. */
  function finish(host: AskedHost): void {
    session = null;
    if (found.length > 0) {
      const telegram = { offset: 0, meter: null, readings: [], records: found };
      telegrams.measure(medium === null ? telegram : Object.assign({ medium: medium }, telegram), host);
    }
    host.done();
  }

  function begin(known: MbusAddress, now: number, host: AskedHost): void {
    found = [];
    medium = null;
    looked = now;
    session = new MbusSession(new MbusRead(known, keys === undefined ? null : keys), baudOf(options));
    act(session.start(now), host);
  }

  return {
    get deadline() {
      return session === null ? null : looked + tickEvery;
    },
    start(now, host) {
      if (address === null) {
        host.fault(fault("unsupported", "an M-Bus address is 1 to 250, or eight digits"));
        host.done();
      } else {
        begin(address, now, host);
      }
    },
    push(bytes, now, host) {
      if (session !== null) {
        looked = now;
        act(session.push(bytes, now), host);
      }
    },
    tick(now, host) {
      if (session !== null) {
        looked = now;
        act(session.tick(now), host);
      }
    },
    closed(_why: Fault, host) {
      if (session !== null) {
        found = [];
        finish(host);
      }
    },
  };
}
