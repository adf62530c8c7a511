import type { Clock } from "../boards/platform.ts";
import { fault } from "../protocols/fault.ts";
import type { MeterKeys } from "../protocols/meter.ts";
import type { AskedLine, LineMember } from "./asked-line.ts";
import type { AskedDriver, AskedHost } from "./driver.ts";
import type { DriverOptions } from "./installation-type.ts";
import { type Measurement, type Sensor, type SensorHooks, silence } from "./sensor.ts";

/** How long a row waits for its sensor's turn and answer, ms: a readout of three minutes at 300 baud comes to its end. */
const roundMax = 300000;
/** How often to look whether the line is free, ms. */
const turnPoll = 50;

/** What of a driver asks. */
export type AskedPart = Pick<AskedDriver, "columns" | "settings" | "session" | "fresh" | "advice">;

/** A sensor that answers over a serial line when it is asked: once for each row. */
export function askedSensor(
  driver: AskedPart,
  options: DriverOptions,
  place: {
    readonly label: string;
    readonly clock: Clock;
    readonly line: AskedLine;
    readonly keys?: MeterKeys;
  },
  hooks: SensorHooks,
): Sensor {
  const line = place.line;
  const session = driver.session(options, place.keys);
  /** What the row that is due waits for. */
  let phase: "idle" | "turn" | "round" | "over" = "idle";
  let begun = 0;
  let silent = false;
  let heard = 0;
  let bytesSince = 0;
  let latest: Measurement | null = null;

  const host: AskedHost = {
    send: (bytes) => line.write(bytes),
    line: (settings) => line.change(settings),
    measured(columns, values) {
      heard = place.clock.monotonic();
      bytesSince = 0;
      silent = false;
      latest = { columns: columns, values: values, time: heard };
    },
    fault: hooks.onFault,
    done() {
      phase = "over";
      line.done(member, place.clock.monotonic());
    },
  };

  const member: LineMember = {
    settings: driver.settings(options),
    bytes(bytes) {
      const asked = phase === "round";
      bytesSince += asked ? bytes.length : 0;
      session.push(bytes, place.clock.monotonic(), host);
      if (asked) {
        hooks.onNews();
      }
    },
    state(state) {
      if (state !== null) {
        hooks.onFault(state);
        session.closed(state, host);
      }
    },
  };

  /** Lets time do its work for the row that is due. */
  function proceed(now: number): void {
    if (phase === "turn" && line.take(member, now)) {
      phase = "round";
      session.start(now, host);
    } else if (phase === "round") {
      session.tick(now, host);
    }
    if (phase !== "over" && now - begun >= roundMax) {
      session.closed(fault("timeout", place.label + ": not read within " + roundMax / 1000 + " s"), host);
      phase = "over";
      line.done(member, now);
    }
  }

  function fallSilent(now: number): void {
    if (!silent) {
      silent = true;
      const seconds = Math.floor((now - heard) / 1000);
      hooks.onFault(silence(place.label, driver.advice, { seconds: seconds, bytes: bytesSince }));
    }
  }

  function waitOfRound(now: number): number {
    const deadline = phase === "round" ? session.deadline : now + turnPoll;
    return deadline === null ? roundMax : Math.max(0, Math.ceil(deadline - now));
  }

  return {
    columns: driver.columns(options),
    open(now) {
      heard = now;
      return line.join(member);
    },
    close() {
      phase = "idle";
      line.leave(member);
    },
    begins: () => true,
    settled(due, now) {
      if (phase === "idle") {
        phase = "turn";
        begun = now;
      }
      proceed(now);
      if (phase !== "over") {
        return false;
      }
      phase = "idle";
      if (latest === null || latest.time < due) {
        fallSilent(now);
      }
      return true;
    },
    fresh: (now) => (latest !== null && now - latest.time <= driver.fresh ? latest : null),
    wait: (due, now) =>
      phase === "turn" || phase === "round" ? waitOfRound(now) : Math.max(0, due < 0 ? turnPoll : due - now),
  };
}
