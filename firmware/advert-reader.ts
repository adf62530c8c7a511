import { advertMax } from "../protocols/advert.ts";
import { AdvertGuard } from "../protocols/bthome-guard.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import type { Measurement, MeterNumber } from "../protocols/meter.ts";
import { inRange, type QuantityName, quantities, widthFor } from "../protocols/quantity.ts";
import { byQuantity, type ColumnValue, grown, valuesIn } from "./columns.ts";
import type { DriverColumn, ReaderSink, UartReader } from "./driver.ts";

/** An advert, opened: what it says, and what tells it from the one before. */
export interface HeardAdvert {
  readonly measurements: readonly Measurement[];
  /** Of an encrypted advert whose tag held; null of a clear one. */
  readonly counter: number | null;
}

/** Reads the data of one advert. Takes any bytes. */
export type OpenAdvert = (bytes: Uint8Array) => HeardAdvert | Fault;

/** Sensors say one thing now and another in the next advert: what was said this long ago, ms, still stands beside it. */
const standing = 60000;

interface Standing extends ColumnValue {
  readonly time: number;
}

/**
 * Makes measurements of a radio sensor's adverts. They come as on a line: a byte that says how long the advert is, then its data. A repeated
 * advert is none; an encrypted one of the past is refused.
 */
export class AdvertReader implements UartReader {
  openAdvert: OpenAdvert;
  guard: AdvertGuard = new AdvertGuard();
  buffer: Uint8Array = new Uint8Array(advertMax);
  /** Bytes of the advert that is coming; -1 where its length is to come. */
  wanted = -1;
  filled = 0;
  standing: readonly Standing[] = [];
  columns: readonly DriverColumn[] = [];

  constructor(openAdvert: OpenAdvert) {
    this.openAdvert = openAdvert;
  }

  push(bytes: Uint8Array, time: number, sink: ReaderSink): void {
    for (let i = 0; i < bytes.length; i++) {
      if (this.wanted < 0) {
        this.wanted = bytes[i] > advertMax ? -1 : bytes[i];
        this.filled = 0;
      } else {
        this.buffer[this.filled++] = bytes[i];
      }
      if (this.wanted >= 0 && this.filled === this.wanted) {
        this.wanted = -1;
        this.take(new Uint8Array(this.buffer.subarray(0, this.filled)), time, sink);
      }
    }
  }

  take(bytes: Uint8Array, time: number, sink: ReaderSink): void {
    const advert = this.openAdvert(bytes);
    if (isFault(advert)) {
      sink.fault(advert);
      return;
    }
    const verdict = this.verdict(advert, time);
    if (verdict === "replayed" || verdict === "on-trial") {
      sink.fault(
        fault("replayed", "an advert of the past: somebody plays it again, or the sensor began anew"),
      );
    } else if (verdict === "new") {
      this.measure(advert, time, sink);
    }
  }

  verdict(advert: HeardAdvert, time: number): string {
    if (advert.counter !== null) {
      return this.guard.take(advert.counter, time);
    }
    const packet = advert.measurements.find((one) => one.quantity === "packet_id");
    const id =
      packet === undefined || packet.value === null || typeof packet.value === "string" ? null : packet.value;
    return id === null ? "new" : this.guard.takePacket(Number(id.integer));
  }

  measure(advert: HeardAdvert, time: number, sink: ReaderSink): void {
    const heard: Standing[] = [];
    for (let i = 0; i < advert.measurements.length; i++) {
      const one = standingOf(advert.measurements[i], advert.counter !== null, time);
      if (one !== null && !heard.some((other) => other.column.quantity === one.column.quantity)) {
        heard.push(one);
      }
    }
    if (heard.length === 0) {
      sink.fault(fault("content", "an advert without anything that is known here"));
      return;
    }
    const older = this.standing.filter(
      (one) =>
        time - one.time <= standing && !heard.some((other) => other.column.quantity === one.column.quantity),
    );
    this.standing = older.concat(heard).sort((a, b) => byQuantity(a.column, b.column));
    this.columns = grown(
      this.columns,
      this.standing.map((one) => one.column),
    );
    sink.measured(this.columns, valuesIn(this.columns, this.standing));
  }
}

/** What adverts name, as the quantity table has it: its name there, the unit in the advert, and what makes its unit of that. */
const known: readonly {
  readonly name: string;
  readonly unit: string | null;
  readonly quantity: QuantityName;
  /** Added to the exponent. */
  readonly shift: number;
}[] = [
  { name: "temperature", unit: "degC", quantity: "temperature", shift: 0 },
  { name: "humidity", unit: "%", quantity: "relativeHumidity", shift: 0 },
  { name: "pressure", unit: "hPa", quantity: "atmosphericPressure", shift: 0 },
  { name: "pressure", unit: "Pa", quantity: "atmosphericPressure", shift: -2 },
  { name: "pm25", unit: "ug/m3", quantity: "pm25", shift: 0 },
  { name: "pm10", unit: "ug/m3", quantity: "pm10", shift: 0 },
  { name: "co2", unit: "ppm", quantity: "carbonDioxide", shift: 0 },
  { name: "illuminance", unit: "lx", quantity: "illuminance", shift: 0 },
  { name: "distance", unit: "mm", quantity: "distance", shift: 0 },
  { name: "battery_voltage", unit: "V", quantity: "batteryVoltage", shift: 0 },
  { name: "power", unit: "W", quantity: "activePower", shift: 0 },
  { name: "energy", unit: "kWh", quantity: "activeEnergyImported", shift: 3 },
  { name: "occupancy", unit: null, quantity: "occupied", shift: 0 },
];

/** Null for what has no row, no value, a value that cannot be; and, from an advert that anybody can have sent, for what tells about people. */
function standingOf(measurement: Measurement, verified: boolean, time: number): Standing | null {
  const row = known.find(
    (candidate) => candidate.name === measurement.quantity && candidate.unit === measurement.unit,
  );
  const value = numberOf(measurement);
  if (row === undefined || value === null || measurement.quality !== undefined) {
    return null;
  }
  const exponent = value.exponent + row.shift;
  const quantity = quantities[row.quantity];
  const fits = widthFor(quantity, exponent) !== null && inRange(quantity, value.integer, exponent);
  if (!fits || (quantity.personal && !verified)) {
    return null;
  }
  return {
    column: { quantity: row.quantity, exponent: exponent },
    value: { integer: value.integer, exponent: exponent },
    time: time,
  };
}

function numberOf(measurement: Measurement): MeterNumber | null {
  const value = measurement.value;
  if (value === "true" || value === "false") {
    return { integer: value === "true" ? 1 : 0, exponent: 0 };
  }
  return typeof value === "string" ? null : value;
}
