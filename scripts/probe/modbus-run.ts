import type { Telegram } from "../../protocols/meter.ts";
import { MapMeter } from "../../protocols/modbus-map-meter.ts";
import { ModbusRtu } from "../../protocols/modbus-rtu.ts";
import { type ModbusMeter, ModbusSession, type ModbusStep } from "../../protocols/modbus-session.ts";
import type { WireStep } from "../../protocols/modbus-wire.ts";
import { SunspecMeter } from "../../protocols/sunspec.ts";
import { MapFinder } from "./modbus-finder.ts";
import type { Run, RunStep } from "./questions.ts";

/** What a Modbus unit is, as far as its registers tell. */
export interface ModbusKind {
  /** A register map's name, or "sunspec". */
  readonly map: string;
  /** It says so itself; false: its registers look like it. */
  readonly sure: boolean;
  /** Numbers of its SunSpec models, in their order. */
  readonly models: readonly number[];
}

/** How long a unit may take, ms: most answer within a tenth. */
const unitPatience = 250;

/**
 * Reads two registers of one unit: their values, or an exception, are answers all the same. One that answers is asked on: whether it speaks
 * SunSpec, which map fits it, and its readings.
 */
export class ModbusRun implements Run {
  private readonly wire: ModbusRtu;
  private readonly unit: number;
  private readonly sunspec: SunspecMeter;
  private readonly finder: MapFinder;
  private session: ModbusSession | null = null;
  /** Meters that are asked, the next one first; made when it is their turn. */
  private readonly turns: (() => ModbusMeter | null)[];
  private kind: ModbusKind | null = null;

  constructor(unit: number, baud: number) {
    this.unit = unit;
    this.wire = new ModbusRtu({ baud, patience: unitPatience, lateMax: unitPatience });
    this.sunspec = new SunspecMeter(unit);
    this.finder = new MapFinder(unit);
    this.turns = [
      () => this.sunspec,
      () => (this.kind === null ? this.finder : null),
      () => this.finder.found && new MapMeter(unit, this.finder.found.map),
    ];
  }

  get deadline(): number | null {
    return this.wire.deadline;
  }

  start(now: number): readonly RunStep[] {
    const request = { unit: this.unit, table: "holding", address: 0, count: 2 } as const;
    return this.greet(this.wire.ask(request, now), now);
  }

  push(bytes: Uint8Array, now: number): readonly RunStep[] {
    return this.session === null
      ? this.greet(this.wire.push(bytes, now), now)
      : this.follow(this.session.push(bytes, now), now);
  }

  tick(now: number): readonly RunStep[] {
    return this.session === null
      ? this.greet(this.wire.tick(now), now)
      : this.follow(this.session.tick(now), now);
  }

  /** Until the unit has shown that it is there. */
  private greet(steps: readonly WireStep[], now: number): readonly RunStep[] {
    return steps.flatMap((step): readonly RunStep[] => {
      if (step.type === "send") {
        return [step];
      }
      const answers = step.type === "answer" || (step.type === "fault" && step.exception > 0);
      return answers ? [{ type: "unit", unit: this.unit }, ...this.turn(now)] : [{ type: "end" }];
    });
  }

  private follow(steps: readonly ModbusStep[], now: number): readonly RunStep[] {
    return steps.flatMap((step): readonly RunStep[] => {
      if (step.type === "send") {
        return [step];
      }
      if (step.type === "telegram") {
        return [...this.recognise(), { type: "telegram", telegram: step.telegram satisfies Telegram }];
      }
      return step.type === "end" ? [...this.recognise(), ...this.turn(now)] : [];
    });
  }

  /** Asks the next that is to be asked. */
  private turn(now: number): readonly RunStep[] {
    for (let next = this.turns.shift(); next !== undefined; next = this.turns.shift()) {
      const meter = next();
      if (meter !== null) {
        this.session = new ModbusSession(this.wire, [meter]);
        return this.follow(this.session.start(now), now);
      }
    }
    return [{ type: "end" }];
  }

  /** Says once what the unit is. */
  private recognise(): readonly RunStep[] {
    const models = this.sunspec.places;
    const { found } = this.finder;
    if (this.kind !== null || (models === null && found === null)) {
      return [];
    }
    this.kind =
      models !== null
        ? { map: "sunspec", sure: true, models: models.map(({ id }) => id) }
        : { map: found!.map.name, sure: found!.sure, models: [] };
    return [{ type: "kind", kind: this.kind }];
  }
}
