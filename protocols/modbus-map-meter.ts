import { illegalAddress } from "./modbus-exception.ts";
import { type ModbusMap, readMap, serialOf, spansOf } from "./modbus-map.ts";
import type { ModbusRequest } from "./modbus-pdu.ts";
import { holds, planReads, type Span } from "./modbus-plan.ts";
import type { ModbusMeter, ModbusOutcome, ModbusReading, ReadingSink } from "./modbus-session.ts";

/** A meter that is read by its map. Its serial number is asked for once. */
export class MapMeter implements ModbusMeter {
  readonly unit: number;
  readonly map: ModbusMap;
  readonly reads: readonly Span[];
  /** Reads of what not every meter of the kind has; what was refused is taken out. */
  optional: readonly Span[];
  serial: string | null = null;
  /** It was asked for its serial number, and answered, if only that it has none. */
  serialAsked = false;

  constructor(unit: number, map: ModbusMap) {
    this.unit = unit;
    this.map = map;
    this.reads = planReads(spansOf(map, map.rows), map.limits);
    this.optional = planReads(spansOf(map, map.optional), map.limits);
  }

  begin(): ModbusReading {
    return new MapReading(this);
  }
}

interface Block {
  readonly read: Span;
  readonly bytes: Uint8Array;
}

class MapReading implements ModbusReading {
  private readonly meter: MapMeter;
  private readonly pending: Span[];
  private readonly blocks: Block[] = [];

  constructor(meter: MapMeter) {
    const serial = meter.map.serial;
    this.meter = meter;
    this.pending = (serial === null || meter.serialAsked ? [] : [serial.span]).concat(
      meter.reads,
      meter.optional,
    );
  }

  next(outcome: ModbusOutcome | null, sink: ReadingSink): ModbusRequest | null {
    const goesOn = outcome === null || this.take(outcome, sink);
    if (goesOn && this.pending.length > 0) {
      const read = this.pending[0];
      return { unit: this.meter.unit, table: read.table, address: read.address, count: read.count };
    }
    if (goesOn) {
      this.finish(sink);
    }
    return null;
  }

  /** Whether it is worth asking on: a unit that is silent or speaks garbled would cost its patience for every block. */
  private take(outcome: ModbusOutcome, sink: ReadingSink): boolean {
    const read = this.pending[0];
    this.pending.splice(0, 1);
    const isSerial = this.isSerial(read);
    if (outcome.type === "answer") {
      if (isSerial) {
        this.meter.serial = serialOf(this.meter.map, outcome.registers);
        this.meter.serialAsked = true;
      } else {
        this.blocks.push({ read: read, bytes: outcome.registers });
      }
      return true;
    }
    if (isSerial && outcome.exception > 0) {
      this.meter.serialAsked = true; // some versions of a meter do not have it
      return true;
    }
    if (outcome.exception === illegalAddress && this.meter.optional.indexOf(read) >= 0) {
      this.meter.optional = this.meter.optional.filter((other) => other !== read);
      return true;
    }
    sink.fault(outcome.fault);
    return outcome.exception > 0;
  }

  private isSerial(read: Span): boolean {
    const serial = this.meter.map.serial;
    return serial !== null && read === serial.span;
  }

  private finish(sink: ReadingSink): void {
    const readings = readMap(this.meter.map, (span) => this.bytesOf(span));
    if (readings.length > 0) {
      sink.telegram({ offset: 0, meter: this.meter.serial, readings: readings });
    }
  }

  private bytesOf(span: Span): Uint8Array | null {
    for (let i = 0; i < this.blocks.length; i++) {
      const block = this.blocks[i];
      if (holds(block.read, span)) {
        const from = 2 * (span.address - block.read.address);
        return block.bytes.subarray(from, from + 2 * span.count);
      }
    }
    return null;
  }
}
