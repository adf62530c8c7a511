import { decimalText } from "../../protocols/decimal.ts";
import type { MeterReading } from "../../protocols/meter.ts";
import {
  isIdentity,
  type ModbusMap,
  type RegisterRow,
  readMap,
  spansOf,
} from "../../protocols/modbus-map.ts";
import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import type { ModbusRequest } from "../../protocols/modbus-pdu.ts";
import type { Span } from "../../protocols/modbus-plan.ts";
import type { ModbusMeter, ModbusOutcome, ModbusReading } from "../../protocols/modbus-session.ts";

/** What a unit was found to be. */
export interface FoundMap {
  readonly map: ModbusMap;
  /** It said so itself; else its registers look like it. */
  readonly sure: boolean;
}

/** Reads that may stay without an answer before the unit is left alone. */
const silentMax = 3;

/** What must hold of a map: these spans are read, and these bytes judged. */
interface Trial {
  readonly map: ModbusMap;
  readonly spans: readonly Span[];
  readonly sure: boolean;
  holds(lookup: (span: Span) => Uint8Array | null): boolean;
}

/** Finds out which register map fits a unit: by what it says itself, then by voltages and a frequency that there can be. */
export class MapFinder implements ModbusMeter {
  readonly unit: number;
  found: FoundMap | null = null;

  constructor(unit: number) {
    this.unit = unit;
  }

  begin(): ModbusReading {
    return new Finding(this);
  }
}

class Finding implements ModbusReading {
  private readonly finder: MapFinder;
  private readonly trials: Trial[] = [...modbusMaps.flatMap(byName), ...looks()];
  private readonly known = new Map<string, Uint8Array | null>();
  private asked: Span | null = null;
  private silent = 0;

  constructor(finder: MapFinder) {
    this.finder = finder;
  }

  next(outcome: ModbusOutcome | null): ModbusRequest | null {
    if (outcome !== null && this.asked !== null) {
      this.known.set(keyOf(this.asked), outcome.type === "answer" ? outcome.registers : null);
      this.silent += outcome.type === "fault" && outcome.exception === 0 ? 1 : 0;
    }
    for (let trial = this.trials[0]; trial !== undefined && this.silent < silentMax; trial = this.trials[0]) {
      const missing = trial.spans.find((span) => !this.known.has(keyOf(span)));
      const isLost = trial.spans.some((span) => this.known.get(keyOf(span)) === null);
      if (missing !== undefined && !isLost) {
        this.asked = missing;
        return { unit: this.finder.unit, ...missing };
      }
      if (!isLost && trial.holds((span) => this.known.get(keyOf(span)) ?? null)) {
        this.finder.found = { map: trial.map, sure: trial.sure };
        return null;
      }
      this.trials.shift();
    }
    return null;
  }
}

function keyOf({ table, address, count }: Span): string {
  return `${table} ${address} ${count}`;
}

function byName(map: ModbusMap): Trial[] {
  const { identity } = map;
  return identity === null
    ? []
    : [
        {
          map,
          spans: [identity.span],
          sure: true,
          holds: (lookup) => isIdentity(identity, lookup(identity.span)!),
        },
      ];
}

/** Those with most voltages first: a meter of one phase has the registers of another's first. */
function looks(): Trial[] {
  const trials = modbusMaps.map(byLooks);
  return trials.sort((a, b) => b.spans.length - a.spans.length);
}

function byLooks(map: ModbusMap): Trial {
  const rows = map.rows.filter(({ quantity }) => /^voltageL\d$|^frequency$/.test(quantity));
  const only = { ...map, rows, optional: [] };
  return {
    map,
    spans: spansOf(only, rows),
    sure: false,
    holds: (lookup) => areLikely(rows, readMap(only, lookup)),
  };
}

/** Of mains: what a meter without load shows as well. */
const likely = { voltage: [80, 300], frequency: [45, 65] } as const;

function areLikely(rows: readonly RegisterRow[], readings: readonly MeterReading[]): boolean {
  return (
    readings.length === rows.length &&
    readings.every(({ value }, i) => {
      const [least, most] = rows[i]!.quantity === "frequency" ? likely.frequency : likely.voltage;
      const number = typeof value === "string" ? NaN : Number(decimalText(value.integer, value.exponent));
      return number >= least && number <= most;
    })
  );
}
