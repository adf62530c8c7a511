import type { Uart, UartSettings } from "../boards/platform.ts";
import { fault } from "../protocols/fault.ts";
import type { DriverColumn, ReaderSink, UartReader } from "./driver.ts";
import type { Measurement, Sensor, SensorHooks } from "./sensor.ts";

/** A meter that sends by itself, as it is listened to. */
export interface ListenedPart {
  readonly columns: readonly DriverColumn[];
  readonly settings: UartSettings;
  /** Reads into these columns, and forgets a telegram that has begun when it is given no bytes. */
  readonly reader: UartReader;
  /** ms without a telegram after which a row says "missing". */
  readonly silence: number;
  readonly line: Uart;
}

const nothing = new Uint8Array(0);

/**
 * A meter that sends by itself, at a board: it is listened to once for each row, until its next telegram, since a telegram takes a board's
 * interpreter so long that it could do little else if it read them all. Its values are so much younger than their row's time.
 */
export function listenedSensor(part: ListenedPart, hooks: SensorHooks): Sensor {
  /** Since when the row that is due is waited for; -1 while none is. */
  let begun = -1;
  let silent = false;
  let latest: Measurement | null = null;

  const sink: ReaderSink = {
    measured(columns, values) {
      latest = { columns: columns, values: values, time: begun };
      hooks.onNews();
    },
    fault: hooks.onFault,
  };

  function take(bytes: Uint8Array): void {
    if (begun >= 0 && latest === null) {
      part.reader.push(bytes, begun, sink);
    }
  }

  return {
    columns: part.columns,
    open() {
      part.line.open(part.settings, take, () => {});
      return null;
    },
    close: part.line.close,
    begins: () => true,
    settled(_due, now) {
      if (begun < 0) {
        begun = now;
        latest = null;
        part.reader.push(nothing, now, sink); // what had begun was not heard to its end
      }
      if (latest === null && now - begun < part.silence) {
        return false;
      }
      begun = -1;
      if (latest === null && !silent) {
        hooks.onFault(fault("silent", "no telegram in " + part.silence + " ms"));
      }
      silent = latest === null;
      return true;
    },
    fresh: () => latest,
    wait: (due, now) => Math.max(0, (begun < 0 ? due : begun + part.silence) - now),
  };
}
