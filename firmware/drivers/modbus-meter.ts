import { inSteps } from "../../protocols/decimal.ts";
import { fault } from "../../protocols/fault.ts";
import type { MeterReading, Telegram } from "../../protocols/meter.ts";
import type { ModbusMap, RegisterRow } from "../../protocols/modbus-map.ts";
import { modbusMap, modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { ModbusRtu } from "../../protocols/modbus-rtu.ts";
import { unitLeast, unitMost } from "../../protocols/modbus-rtu-frame.ts";
import { ModbusSession, type ModbusStep } from "../../protocols/modbus-session.ts";
import { quantityOfObis } from "../../protocols/obis.ts";
import { type QuantityName, quantities, widthFor } from "../../protocols/quantity.ts";
import { type AskedDriver, type AskedHost, type DriverColumn, numberOption, textOption } from "../driver.ts";
import type { DriverOptions } from "../installation-type.ts";
import { modbusUnit } from "../modbus-unit.ts";

/** In place of a map: a device that says itself what it is. */
const sunspec = "sunspec";
const sunspecLine = { baud: 9600, dataBits: 8, parity: "none", stopBits: 1 } as const;

/** Steps in which singles and doubles are sent: a thousandth, or a hundredth where a thousandth leaves 32 bits. */
const finest = -3;

/** A meter on an RS-485 line, read by its register map. */
export const modbusMeter: AskedDriver = {
  kind: "asked",
  network: true,
  name: "modbus-meter",
  title: "Electricity meter on RS-485 or a network (Modbus RTU and TCP)",
  datasheet:
    "MODBUS over Serial Line V1.02; registers as each map in protocols/modbus-maps names its source; SunSpec models",
  options: [
    {
      name: "map",
      meaning: "which meter it is",
      standard: "sdm630",
      choices: modbusMaps.map((map) => map.name).concat(sunspec),
    },
    { name: "unit", meaning: "its unit address", standard: 1, least: unitLeast, most: unitMost },
    {
      name: "baud",
      meaning: "baud, 0 for what the meter leaves the factory with",
      standard: 0,
      least: 0,
      most: 921600,
    },
    {
      name: "parity",
      meaning: "parity bit; factory: as the meter leaves it",
      standard: "factory",
      choices: ["factory", "none", "even"],
    },
    {
      name: "stopBits",
      meaning: "stop bits, 0 for what the meter leaves the factory with",
      standard: 0,
      least: 0,
      most: 2,
    },
  ],
  columns: (options) => {
    const map = mapOf(options);
    return map === null ? null : columnsOf(map);
  },
  fresh: 60000,
  silence: 60000,
  warmUp: 0,
  advice: {
    noBytes: {
      en: "check the meter's unit address, baud rate and parity on its display, that A and B are not swapped, and that the line has its two terminators",
      de: "Prüfen Sie Adresse, Baudrate und Parität am Display des Zählers, ob A und B vertauscht sind und ob die Leitung ihre zwei Abschlusswiderstände hat",
    },
    noMeasurement: {
      en: "another meter may have the same unit address, or the map is of another meter",
      de: "Vielleicht hat ein anderer Zähler dieselbe Adresse, oder die map gehört zu einem anderen Zähler",
    },
  },
  settings: (options) => {
    const map = mapOf(options);
    const line = map === null ? sunspecLine : map.line;
    const baud = numberOption(modbusMeter, options, "baud");
    const parity = textOption(modbusMeter, options, "parity");
    const stopBits = numberOption(modbusMeter, options, "stopBits");
    return {
      baud: baud === 0 ? line.baud : baud,
      dataBits: line.dataBits,
      parity: parity === "none" || parity === "even" ? parity : line.parity,
      stopBits: stopBits === 1 || stopBits === 2 ? stopBits : line.stopBits,
    };
  },
  session: (options) => {
    const map = mapOf(options);
    const unit = numberOption(modbusMeter, options, "unit");
    const meter = modbusUnit(unit, map);
    const baud = modbusMeter.settings(options).baud;
    const session = new ModbusSession(new ModbusRtu({ baud: baud, patience: 1000, lateMax: 3000 }), [meter]);
    let columns = map === null ? [] : columnsOf(map);
    const act = (steps: readonly ModbusStep[], host: AskedHost): void => {
      steps.forEach((step) => {
        if (step.type === "telegram" && map === null) {
          columns = columnsWith(columns, step.telegram);
        }
        follow(step, columns, host);
      });
    };
    return {
      get deadline() {
        return session.deadline;
      },
      start: (now, host) => act(session.start(now), host),
      push: (bytes, now, host) => act(session.push(bytes, now), host),
      tick: (now, host) => act(session.tick(now), host),
      closed: (why, host) => act(session.closed(why), host),
    };
  },
  // The answers to its requests in order, a blank between two: serial number, then the registers from 0 on.
  examples: [
    {
      title: "a house that draws 167 W",
      hex:
        "01030401312d057753 " +
        "010498436600004366199a436633333eba5e353e5f3b643e147ae142a766664248e1484205f5c3000000000000000000" +
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" +
        "0000000000000000000000432768f6000000000000000000000000000000000000000000000000000000000000000042" +
        "4800004537da563c4ccccdafea",
      values: [
        "230.000",
        "230.100",
        "230.200",
        "0.364",
        "0.218",
        "0.145",
        "83.70",
        "50.22",
        "33.49",
        "167.41",
        "50.000",
        "2941646.000",
        "12.500",
      ],
    },
    {
      title: "a meter that has no such registers",
      hex: "01030401312d057753 018402c2c1",
      fault: "unsupported",
    },
    {
      title: "a flipped bit",
      hex:
        "01030401312d057753 " +
        "010498436600004366199a436633333eba5e353e5f3b643e147ae142a766664248e1484205f5c3000000000000000000" +
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000" +
        "0000000000000000000000432768f6000000000000000000000000000000000000000000000000000000000000000042" +
        "4800004537da563c4ccccdafeb",
      fault: "checksum",
    },
  ],
};

function follow(step: ModbusStep, columns: readonly DriverColumn[], host: AskedHost): void {
  if (step.type === "send") {
    host.send(step.bytes);
  } else if (step.type === "telegram") {
    measure(step.telegram, columns, host);
  } else if (step.type === "end") {
    host.done();
  } else {
    host.fault(step.fault);
  }
}

/** What the meter lacks or does not say is missing. */
function measure(telegram: Telegram, columns: readonly DriverColumn[], host: AskedHost): void {
  if (columns.length === 0) {
    host.fault(fault("content", "it speaks SunSpec, but says nothing that is known here"));
    return;
  }
  host.measured(
    columns,
    columns.map((column) => {
      const reading = telegram.readings.find(
        (candidate) => quantityOfObis(candidate.obis) === column.quantity,
      );
      return reading === undefined ? null : stepsOf(reading, column);
    }),
  );
}

function stepsOf(reading: MeterReading, column: DriverColumn) {
  return typeof reading.value === "string" ? null : inSteps(reading.value, column.exponent);
}

/** Null for SunSpec. */
function mapOf(options: DriverOptions): ModbusMap | null {
  return modbusMap(textOption(modbusMeter, options, "map"));
}

/** Of a device that says itself what it is, its telegrams decide: the same columns as long as nothing is new. All have fixed steps. */
function columnsWith(columns: readonly DriverColumn[], telegram: Telegram): readonly DriverColumn[] {
  const added: DriverColumn[] = [];
  telegram.readings.forEach((reading) => {
    const quantity = quantityOfObis(reading.obis);
    if (quantity !== null && columns.every((column) => column.quantity !== quantity)) {
      added.push({ quantity: quantity, exponent: stepsFor(quantity) });
    }
  });
  return added.length === 0 ? columns : columns.concat(added);
}

/** Whole numbers in the steps of their registers, the others in fixed ones. */
function columnsOf(map: ModbusMap): readonly DriverColumn[] {
  return map.rows.concat(map.optional).map((row) => ({ quantity: row.quantity, exponent: exponentOf(row) }));
}

function exponentOf(row: RegisterRow): number {
  const isWhole = row.scale === null && row.type !== "float32" && row.type !== "float64";
  return isWhole ? row.exponent : stepsFor(row.quantity);
}

function stepsFor(quantity: QuantityName): number {
  return widthFor(quantities[quantity], finest) === null ? finest + 1 : finest;
}
