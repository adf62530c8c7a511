/** The text of sensors that are asked over a line, and of those that give pulses. */
import type { BoardSensor } from "../../firmware/board-installation.ts";
import type { Driver } from "../../firmware/driver.ts";
import { keepEveryOnBoards, recordsMax } from "../../firmware/pulse-count.ts";
import { wiringText } from "./link-text.ts";

export interface SensorPlace {
  readonly driver: Driver;
  readonly settings: BoardSensor;
}

/** Bytes of flash that a half of a file takes beside its records, and beside each of them (espruino-storage.ts). */
const fileHead = 8;
const recordBytes = 8 + 4;

/** Lines whose sensors are asked, one for each port, and the sizes of the files that count pulses; before the sensors. */
export function sharedText(places: readonly SensorPlace[]): string {
  const lines = new Map(
    places
      .filter(({ driver }) => driver.kind === "asked")
      .map(({ settings }) => [
        settings.port,
        `const ${lineOf(settings)} = askedLine(() => espruinoUart(${wiringText(settings)}));`,
      ]),
  );
  const counts = places
    .filter(({ driver }) => driver.kind === "pulse")
    .map(({ settings }) => `sizes["${countOf(settings)}"] = ${fileHead + recordsMax * recordBytes};`);
  return [...lines.values(), ...counts].join("\n");
}

/** An expression that gives the sensor. */
export function otherSensorText({ driver, settings }: SensorPlace, i: number): string {
  if (driver.kind === "asked") {
    const place = `{ label: "", clock: clock, line: ${lineOf(settings)} }`;
    return `askedSensor(driver${i}, options${i}, ${place}, hooks${i})`;
  }
  const place = `{
          clock: clock,
          storage: storage,
          name: "${countOf(settings)}",
          keepEvery: ${keepEveryOnBoards},
          open: () => espruinoPulse("${settings.port}", clock),
        }`;
  return `pulseSensor(driver${i}, options${i}, ${place}, hooks${i})`;
}

/** What these need of the core; what is not needed the bundler leaves out. */
export const otherImports = `import { espruinoPulse } from "./boards/platforms/espruino-pulse.ts";
import { askedLine } from "./firmware/asked-line.ts";
import { askedSensor } from "./firmware/asked-sensor.ts";
import { pulseSensor } from "./firmware/pulse-sensor.ts";`;

function lineOf({ port }: BoardSensor): string {
  return `line${port}`;
}

function countOf({ port }: BoardSensor): string {
  return `pulses${port}`;
}
