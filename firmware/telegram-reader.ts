import { integerText } from "../protocols/decimal.ts";
import { fault } from "../protocols/fault.ts";
import type { MeterNumber, MeterReading, Telegram } from "../protocols/meter.ts";
import { quantityOfObis } from "../protocols/obis.ts";
import { type QuantityName, quantities, widthFor } from "../protocols/quantity.ts";
import { byQuantity, type ColumnValue, grown, valuesIn } from "./columns.ts";
import { numberOfRecord, quantityOfRecord } from "./data-record.ts";
import type { DriverColumn, ReaderSink } from "./driver.ts";

/** So many telegrams without detail, and the meter is said to keep it back. */
const reducedAfter = 3;

/**
 * Makes measurements of a meter's telegrams: the registers that the quantity table knows, in the meter's own scalers. The columns are those
 * of the first telegram; a register that appears later, or another scaler, makes new ones. A register that is left out is missing.
 */
export class TelegramReader {
  columns: readonly DriverColumn[] = [];
  telegramsReduced = 0;

  measure(telegram: Telegram, sink: ReaderSink): void {
    const registers = registersOf(telegram, sink);
    if (registers.length === 0) {
      sink.fault(fault("content", "a telegram without any register that is known here"));
      return;
    }
    this.columns = grown(
      this.columns,
      registers.map((register) => register.column),
    );
    if (telegram.records === undefined) {
      this.watchDetail(registers, sink);
    }
    sink.measured(this.columns, valuesIn(this.columns, registers));
  }

  /** Told once, when a meter has shown whole kWh and no power several times in a row. */
  watchDetail(registers: readonly ColumnValue[], sink: ReaderSink): void {
    this.telegramsReduced = isReduced(registers) ? this.telegramsReduced + 1 : 0;
    if (this.telegramsReduced === reducedAfter) {
      sink.fault(
        fault(
          "reduced-data",
          "the meter shows whole kWh only: enter its PIN (from the meter's operator) and switch its INFO interface to the full data set",
        ),
      );
    }
  }
}

/** The known registers of a telegram in the order of the quantity table; of a register that comes twice the first. */
function registersOf(telegram: Telegram, sink: ReaderSink): readonly ColumnValue[] {
  const registers: ColumnValue[] = [];
  const take = (quantity: QuantityName | null, value: MeterNumber | null): void => {
    if (quantity === null || value === null) {
      return;
    }
    if (registers.some((register) => register.column.quantity === quantity)) {
      return;
    }
    if (widthFor(quantities[quantity], value.exponent) === null) {
      sink.fault(fault("unsupported", quantity + " in steps of 10^" + value.exponent + " fits no pack"));
      return;
    }
    registers.push({ column: { quantity: quantity, exponent: value.exponent }, value: value });
  };
  telegram.readings.forEach((reading) => {
    const quantity = quantityOfObis(reading.obis);
    take(quantity, quantity === null ? null : valueIn(quantities[quantity].dlms, reading));
  });
  [telegram.records, telegram.own].forEach((records) => {
    if (records !== undefined) {
      records.forEach((record) => {
        take(quantityOfRecord(record, telegram.medium), numberOfRecord(record));
      });
    }
  });
  return registers.sort((a, b) => byQuantity(a.column, b.column));
}

/** A reading in this unit: D0 and P1 meters count in kWh what the table counts in Wh. Null for text and for other units. */
function valueIn(unit: string | null, reading: MeterReading): MeterNumber | null {
  const value = reading.value;
  if (typeof value === "string" || reading.unit === null) {
    return null;
  }
  if (reading.unit === unit) {
    return value;
  }
  const prefix = reading.unit.charAt(0);
  const more = prefix === "k" ? 3 : prefix === "M" ? 6 : 0;
  return more > 0 && reading.unit.substr(1) === unit
    ? { integer: value.integer, exponent: value.exponent + more }
    : null;
}

const powers: readonly QuantityName[] = ["activePower", "activePowerL1", "activePowerL2", "activePowerL3"];

/** A locked meter sends its registers in whole kWh and no power (facts: meters, PIN-locked). */
function isReduced(registers: readonly ColumnValue[]): boolean {
  const power = registers.some((register) => powers.indexOf(register.column.quantity) >= 0);
  const energies = registers.filter((register) => quantities[register.column.quantity].counter);
  return !power && energies.length > 0 && energies.every((register) => isWholeThousands(register.value));
}

function isWholeThousands(value: MeterNumber): boolean {
  const digits = integerText(value.integer);
  if (digits === "0") {
    return true;
  }
  const bare = digits.replace(/0+$/, "");
  return digits.length - bare.length + value.exponent >= 3;
}
