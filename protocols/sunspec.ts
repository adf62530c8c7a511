import { type Fault, fault } from "./fault.ts";
import type { MeterNumber, MeterReading } from "./meter.ts";
import { isMissing, type Lookup } from "./modbus-map.ts";
import type { ModbusRequest } from "./modbus-pdu.ts";
import { holds, planReads, type Span } from "./modbus-plan.ts";
import { inOrder, numberOf, registersOf, textOf } from "./modbus-register.ts";
import type { ModbusMeter, ModbusOutcome, ModbusReading, ReadingSink } from "./modbus-session.ts";
import { quantities } from "./quantity.ts";
import { type SunspecModel, type SunspecPoint, sunspecModel } from "./sunspec-models.ts";

/** Where "SunS" may stand (SunSpec Information Model Overview §3.3), the usual one first. */
const bases: readonly number[] = [40000, 50000, 0];
const mark = 0x53756e53; // "SunS"
const chainEnd = 0xffff;
/** Models of one device; what follows is not looked at. */
const modelsMax = 64;
/** Blocks of one model, as strings of an inverter. */
const repeatsMax = 32;
const commonModel = 1;
const serialAt = 50;
const serialLength = 16;
const scaleMost = 10;
const limits = { countMax: 120, gapMax: 20, holes: [] };

/** A model in the chain of a device. `at`: address of its id. `length`: registers behind the length itself. */
export interface SunspecPlace {
  readonly id: number;
  readonly at: number;
  readonly length: number;
}

/** Inverters, meters and batteries that say themselves what they are. What was found is kept until it no longer answers so. */
export class SunspecMeter implements ModbusMeter {
  readonly unit: number;
  /** Null until the chain has been walked to its end. */
  places: readonly SunspecPlace[] | null = null;
  serial: string | null = null;
  /** Blocks that repeat, by the address of their model. */
  repeats: { readonly at: number; readonly count: number }[] = [];

  constructor(unit: number) {
    this.unit = unit;
  }

  begin(): ModbusReading {
    return this.places === null ? new Discovery(this) : new SunspecReading(this, this.places);
  }
}

function holding(unit: number, address: number, count: number): ModbusRequest {
  return { unit: unit, table: "holding", address: address, count: count };
}

function word(bytes: Uint8Array, register: number): number {
  return bytes[2 * register] * 256 + bytes[2 * register + 1];
}

/** Looks for the mark, then goes from model to model, and reads at once what it has found. */
class Discovery implements ModbusReading {
  private readonly meter: SunspecMeter;
  private readonly places: SunspecPlace[] = [];
  private base = 0;
  private at = -1;
  private reading: ModbusReading | null = null;

  constructor(meter: SunspecMeter) {
    this.meter = meter;
  }

  next(outcome: ModbusOutcome | null, sink: ReadingSink): ModbusRequest | null {
    if (this.reading !== null) {
      return this.reading.next(outcome, sink);
    }
    if (outcome === null) {
      return holding(this.meter.unit, bases[0], 2);
    }
    if (outcome.type === "fault" && (outcome.exception === 0 || this.at >= 0)) {
      sink.fault(outcome.fault);
      return null;
    }
    return this.at < 0 ? this.seek(outcome, sink) : this.walk(outcome, sink);
  }

  private seek(outcome: ModbusOutcome, sink: ReadingSink): ModbusRequest | null {
    const bytes = outcome.type === "answer" ? outcome.registers : null;
    if (bytes !== null && word(bytes, 0) * 65536 + word(bytes, 1) === mark) {
      this.at = bases[this.base] + 2;
      return this.look();
    }
    this.base++;
    if (this.base < bases.length) {
      return holding(this.meter.unit, bases[this.base], 2);
    }
    sink.fault(
      fault(
        "content",
        "unit " + this.meter.unit + ' has no "SunS" at 40000, 50000 or 0: it does not speak SunSpec',
      ),
    );
    return null;
  }

  private look(): ModbusRequest {
    return holding(this.meter.unit, this.at, 2);
  }

  private walk(outcome: ModbusOutcome, sink: ReadingSink): ModbusRequest | null {
    const bytes = outcome.type === "answer" ? outcome.registers : null;
    const id = bytes === null ? chainEnd : word(bytes, 0);
    const length = bytes === null ? 0 : word(bytes, 1);
    const end = this.at + 2 + length;
    if (id === chainEnd || this.places.length === modelsMax) {
      return this.finish(sink);
    }
    this.places.push({ id: id, at: this.at, length: length });
    if (end + 2 > 65536) {
      sink.fault(this.broken());
      return null;
    }
    this.at = end;
    return this.look();
  }

  private broken(): Fault {
    return fault(
      "syntax",
      "unit " + this.meter.unit + ": its chain of SunSpec models leads beyond the last register",
    );
  }

  private finish(sink: ReadingSink): ModbusRequest | null {
    this.meter.places = this.places;
    this.meter.serial = null;
    this.meter.repeats = [];
    this.reading = new SunspecReading(this.meter, this.places);
    return this.reading.next(null, sink);
  }
}

interface Block {
  readonly read: Span;
  readonly bytes: Uint8Array;
}

/** Reads the points of the models that are known, the number of repeating blocks and the serial number once before them. */
class SunspecReading implements ModbusReading {
  private readonly meter: SunspecMeter;
  private readonly places: readonly SunspecPlace[];
  private readonly blocks: Block[] = [];
  private pending: readonly Span[];
  private counted: boolean;

  constructor(meter: SunspecMeter, places: readonly SunspecPlace[]) {
    this.meter = meter;
    this.places = places;
    this.counted = meter.repeats.length > 0 || meter.serial !== null;
    this.pending = this.counted ? this.pointReads() : this.onceReads();
  }

  next(outcome: ModbusOutcome | null, sink: ReadingSink): ModbusRequest | null {
    if (outcome !== null && !this.take(outcome, sink)) {
      return null;
    }
    if (this.pending.length === 0 && !this.counted) {
      this.count();
      this.pending = this.pointReads();
    }
    if (this.pending.length === 0) {
      this.finish(sink);
      return null;
    }
    return holding(this.meter.unit, this.pending[0].address, this.pending[0].count);
  }

  private take(outcome: ModbusOutcome, sink: ReadingSink): boolean {
    const read = this.pending[0];
    this.pending = this.pending.slice(1);
    if (outcome.type === "answer") {
      this.blocks.push({ read: read, bytes: outcome.registers });
      return true;
    }
    this.meter.places = null; // another device, or another firmware: looked at anew next time
    sink.fault(outcome.fault);
    return outcome.exception > 0;
  }

  private onceReads(): readonly Span[] {
    const spans: Span[] = [];
    this.places.forEach((place) => {
      const model = sunspecModel(place.id);
      if (place.id === commonModel && place.length >= serialAt + serialLength - 2) {
        spans.push(span(place.at + serialAt, serialLength));
      }
      if (model !== null && model.repeat !== null && place.length > model.repeat.count - 2) {
        spans.push(span(place.at + model.repeat.count, 1));
      }
    });
    return planReads(spans, limits);
  }

  private count(): void {
    this.counted = true;
    this.places.forEach((place) => {
      const model = sunspecModel(place.id);
      if (place.id === commonModel) {
        const bytes = this.bytesOf(span(place.at + serialAt, serialLength));
        this.meter.serial = bytes === null ? null : textOf(bytes);
      }
      const said =
        model === null || model.repeat === null ? null : this.bytesOf(span(place.at + model.repeat.count, 1));
      if (model !== null && model.repeat !== null && said !== null) {
        const room = Math.floor((place.length + 2 - model.repeat.first) / model.repeat.length);
        this.meter.repeats.push({
          at: place.at,
          count: Math.max(0, Math.min(word(said, 0), room, repeatsMax)),
        });
      }
    });
  }

  private pointReads(): readonly Span[] {
    const spans: Span[] = [];
    this.eachPoint((at, place, point) => {
      spans.push(span(at + point.offset, registersOf(point.type)));
      if (point.scale !== null) {
        spans.push(span(place.at + point.scale, 1));
      }
    });
    return planReads(spans, limits);
  }

  /** `at`: from where the point's offset counts; `label`: what its block is called. */
  private eachPoint(
    visit: (at: number, place: SunspecPlace, point: SunspecPoint, label: string) => void,
  ): void {
    this.places.forEach((place) => {
      const model = sunspecModel(place.id);
      if (model !== null) {
        pointsOf(model.points, place).forEach((point) => {
          visit(place.at, place, point, String(place.id));
        });
        this.eachRepeat(model, place, visit);
      }
    });
  }

  private eachRepeat(
    model: SunspecModel,
    place: SunspecPlace,
    visit: (at: number, place: SunspecPlace, point: SunspecPoint, label: string) => void,
  ): void {
    const repeat = model.repeat;
    const counted = this.meter.repeats.filter((entry) => entry.at === place.at);
    for (let i = 0; repeat !== null && counted.length > 0 && i < counted[0].count; i++) {
      const at = place.at + repeat.first + i * repeat.length;
      const label = place.id + "." + (i + 1);
      repeat.points.forEach((point) => {
        visit(at, place, point, label);
      });
    }
  }

  private finish(sink: ReadingSink): void {
    const readings: MeterReading[] = [];
    this.eachPoint((at, place, point, label) => {
      const value = valueAt(at, place, point, (wanted) => this.bytesOf(wanted));
      if (value !== null) {
        const obis = point.quantity === null ? null : quantities[point.quantity].obis + "*255";
        // Of an inverter with a meter behind it, the first model is the device itself.
        const isFirst = obis !== null && readings.every((earlier) => earlier.obis !== obis);
        const name = isFirst ? obis : "sunspec:" + label + "." + point.name;
        readings.push({ obis: name, value: value, unit: point.unit });
      }
    });
    if (readings.length > 0) {
      sink.telegram({ offset: 0, meter: this.meter.serial, readings: readings });
    } else {
      sink.fault(
        fault("content", "unit " + this.meter.unit + " speaks SunSpec, but no model that is known here"),
      );
    }
  }

  private bytesOf(wanted: Span): Uint8Array | null {
    for (let i = 0; i < this.blocks.length; i++) {
      const block = this.blocks[i];
      if (holds(block.read, wanted)) {
        const from = 2 * (wanted.address - block.read.address);
        return block.bytes.subarray(from, from + 2 * wanted.count);
      }
    }
    return null;
  }
}

function span(address: number, count: number): Span {
  return { table: "holding", address: address, count: count };
}

/** Points that lie within the model as long as this device has it. */
function pointsOf(points: readonly SunspecPoint[], place: SunspecPlace): readonly SunspecPoint[] {
  return points.filter((point) => {
    const last = point.scale === null ? 0 : point.scale;
    return Math.max(point.offset + registersOf(point.type), last + 1) <= place.length + 2;
  });
}

/** Null where the device says that there is none, or scales by what is no power of ten from -10 to 10. */
function valueAt(at: number, place: SunspecPlace, point: SunspecPoint, lookup: Lookup): MeterNumber | null {
  const raw = lookup(span(at + point.offset, registersOf(point.type)));
  const scale = point.scale === null ? null : lookup(span(place.at + point.scale, 1));
  if (raw === null || (point.scale !== null && scale === null)) {
    return null;
  }
  const power = scale === null ? 0 : ((numberOf(scale, "s16") as MeterNumber).integer as number);
  const bytes = inOrder(raw, 0, point.type, "high-first");
  const number = isMissing(bytes, point.type, "lowest-signed") ? null : numberOf(bytes, point.type);
  if (
    number === null ||
    power < -scaleMost ||
    power > scaleMost ||
    (point.accumulates && number.integer === 0)
  ) {
    return null;
  }
  const integer = point.negated && typeof number.integer === "number" ? 0 - number.integer : number.integer;
  return {
    integer: integer,
    exponent: number.integer === 0 && point.type === "float32" ? 0 : number.exponent + power,
  };
}
