/** The text of sensors at serial ports, and of those that give pulses or a voltage. */
import type { BoardSensor } from "../../firmware/board-installation.ts";
import type { Driver } from "../../firmware/driver.ts";
import { keepEveryOnBoards, recordsMax } from "../../firmware/pulse-count.ts";
import { wiringText } from "./link-text.ts";
import { askedMeterText, columnsText, listenedText, type MeterPlace, meterImports } from "./meter-text.ts";

export type SensorPlace = MeterPlace;

/** Bytes of flash that a half of a file takes beside its records, and beside each of them (espruino-storage.ts). */
const fileHead = 8;
const recordBytes = 8 + 4;

/** Lines whose sensors are asked, one for each port, and the sizes of the files that count pulses; before the sensors. */
export function sharedText(places: readonly Pick<SensorPlace, "driver" | "settings" | "shape">[]): string {
  const lines = new Map(
    places
      .filter(({ driver }) => driver.kind === "asked")
      .map(({ driver, settings }) => [
        settings.port,
        `const ${lineOf(settings)} = askedLine(() => ${drivenText(`${portOf(driver)}(${wiringText(settings)})`, enableOf(settings.port, places))});`,
      ]),
  );
  const counts = places
    .filter(({ driver }) => driver.kind === "pulse")
    .map(({ settings }) => `sizes["${countOf(settings)}"] = ${fileHead + recordsMax * recordBytes};`);
  const columns = places.map(columnsText).filter((text) => text !== "");
  return [...lines.values(), ...counts, ...columns].join("\n");
}

/** An expression that gives the sensor. */
export function otherSensorText(sensor: SensorPlace, i: number): string {
  const { driver, settings } = sensor;
  if (driver.kind === "uart") {
    const place = `{ label: "", clock: clock, open: () => espruinoUart(${wiringText(settings)}) }`;
    return driver.channels === undefined
      ? `uartSensor(driver${i}, options${i}, ${place}, hooks${i})`
      : `listenedSensor(${listenedText(driver, sensor, i)}, hooks${i})`;
  }
  if (driver.kind === "asked") {
    const asked = driver.channels === undefined ? `driver${i}` : askedMeterText(i);
    const place = `{ label: "", clock: clock, line: ${lineOf(settings)} }`;
    return `askedSensor(${asked}, options${i}, ${place}, hooks${i})`;
  }
  if (driver.kind === "analog") {
    const place = `{ label: "", clock: clock, open: () => espruinoAnalog("${settings.port}") }`;
    return `analogSensor(driver${i}, options${i}, ${place}, hooks${i})`;
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
export const otherImports = `import { espruinoAnalog } from "./boards/platforms/espruino-analog.ts";
import { drivenUart } from "./boards/platforms/espruino-driven-uart.ts";
import { espruinoChangingUart } from "./boards/platforms/espruino-changing-uart.ts";
import { espruinoPulse } from "./boards/platforms/espruino-pulse.ts";
import { analogSensor } from "./firmware/analog-sensor.ts";
import { askedLine } from "./firmware/asked-line.ts";
import { askedSensor } from "./firmware/asked-sensor.ts";
import { pulseSensor } from "./firmware/pulse-sensor.ts";
${meterImports}`;

/** The pin that enables the driver of a port's transceiver: each of its sensors may name it. */
function enableOf(port: string, places: readonly Pick<SensorPlace, "settings">[]): string | undefined {
  return places
    .map(({ settings }) => (settings.port === port ? settings.driverEnable : undefined))
    .find(isNamed);
}

function isNamed(pin: string | undefined): boolean {
  return pin !== undefined;
}

function drivenText(uart: string, pin: string | undefined): string {
  return pin === undefined ? uart : `drivenUart(${uart}, "${pin}")`;
}

function portOf(driver: Driver): string {
  return driver.kind === "asked" && driver.changes === true ? "espruinoChangingUart" : "espruinoUart";
}

function lineOf({ port }: BoardSensor): string {
  return `line${port}`;
}

function countOf({ port }: BoardSensor): string {
  return `pulses${port}`;
}
