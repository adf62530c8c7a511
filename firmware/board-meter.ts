import { type Integer, inSteps } from "../protocols/decimal.ts";
import { fault } from "../protocols/fault.ts";
import type { AskedPart } from "./asked-sensor.ts";
import type {
  AskedDriver,
  AskedHost,
  AskedSession,
  DriverColumn,
  DriverValues,
  ReaderSink,
  UartReader,
} from "./driver.ts";

/** Meters whose first telegram decides the columns elsewhere, at a board, where they are known before. */

/** A meter that is asked, read into these columns. */
export function namedMeter(driver: AskedDriver, columns: readonly DriverColumn[]): AskedPart {
  return {
    columns: () => columns,
    fresh: driver.fresh,
    advice: driver.advice,
    settings: driver.settings,
    session: (options) => namedSession(driver.session(options), columns),
  };
}

/** What a reader finds, in these columns. */
export function namedReader(reader: UartReader, columns: readonly DriverColumn[]): UartReader {
  return {
    push(bytes, time, sink) {
      reader.push(bytes, time, {
        measured: (given, values) => takeNamed(columns, given, values, sink),
        // What was cut since nobody listened is no fault.
        fault: (bad) => (bytes.length > 0 ? sink.fault(bad) : undefined),
      });
    },
  };
}

function namedSession(session: AskedSession, columns: readonly DriverColumn[]): AskedSession {
  let outer: AskedHost;
  const inner: AskedHost = {
    send: (bytes) => outer.send(bytes),
    line: (settings) => outer.line(settings),
    done: () => outer.done(),
    fault: (bad) => outer.fault(bad),
    measured: (given, values) => takeNamed(columns, given, values, outer),
  };
  return {
    get deadline() {
      return session.deadline;
    },
    start(now, host) {
      outer = host;
      session.start(now, inner);
    },
    push(bytes, now, host) {
      outer = host;
      session.push(bytes, now, inner);
    },
    tick(now, host) {
      outer = host;
      session.tick(now, inner);
    },
    closed(why, host) {
      outer = host;
      session.closed(why, inner);
    },
  };
}

function takeNamed(
  columns: readonly DriverColumn[],
  given: readonly DriverColumn[],
  values: DriverValues,
  sink: ReaderSink,
): void {
  const kept = columns.map((column) => valueFor(column, given, values, sink));
  if (kept.some((value) => value !== null)) {
    sink.measured(columns, kept);
  } else {
    sink.fault(fault("content", "a telegram without any of the named channels"));
  }
}

/** In the column's steps; null where it was not sent, or in finer steps than the column has: cut off it would be another value. */
function valueFor(
  column: DriverColumn,
  given: readonly DriverColumn[],
  values: DriverValues,
  sink: ReaderSink,
): Integer | null {
  for (let i = 0; i < given.length; i++) {
    const value = values[i];
    if (given[i].quantity !== column.quantity || value === null) {
      continue;
    }
    if (given[i].exponent >= column.exponent) {
      return inSteps({ integer: value, exponent: given[i].exponent }, column.exponent);
    }
    sink.fault(
      fault(
        "unsupported",
        column.quantity + " has " + -given[i].exponent + " decimals: say so at its channel",
      ),
    );
  }
  return null;
}
