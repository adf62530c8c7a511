/** The text of meters whose first telegram decides the columns elsewhere: here the installation names them. */
import type { BoardSensor } from "../../firmware/board-installation.ts";
import { type Driver, flagOption, type UartDriver } from "../../firmware/driver.ts";
import type { InstalledSensor } from "../../firmware/installation-type.ts";
import { byteText } from "../../protocols/cbor-small.ts";
import { dlmsUnitCode, obisBytes } from "../../protocols/obis.ts";
import { type QuantityName, quantities } from "../../protocols/quantity.ts";
import type { Shape } from "../../protocols/shape.ts";
import { wiringText } from "./link-text.ts";
import { byteLiteral } from "./literals.ts";

export interface MeterPlace {
  readonly driver: Driver;
  readonly installed: InstalledSensor;
  readonly shape: Shape;
  readonly settings: BoardSensor;
}

/** What reads a meter that is asked into the columns of its shape. */
export function askedMeterText(i: number): string {
  return `namedMeter(driver${i}, columns${i})`;
}

/** The columns of its shape, before the sensor. */
export function columnsText({ driver, shape }: Pick<MeterPlace, "driver" | "shape">, i: number): string {
  const columns = shape.columns.map(({ quantity, exponent }) => membersText({ quantity, exponent }));
  return driver.channels === undefined ? "" : `const columns${i} = [${columns.join(", ")}];`;
}

/** A meter that sends by itself, read into the columns of its shape. */
export function listenedText(driver: UartDriver, place: MeterPlace, i: number): string {
  const reader = carriesDriver(driver)
    ? `namedReader(driver${i}.reader(options${i}), columns${i})`
    : smlText(place, i);
  return `{
          columns: columns${i},
          settings: ${membersText({ ...driver.settings(place.installed.options) })},
          reader: ${reader},
          silence: ${driver.silence},
          line: espruinoUart(${wiringText(place.settings)}),
        }`;
}

/** Whether its driver's file travels: SML has a reader for boards instead. */
export function carriesDriver({ name }: Driver): boolean {
  return name !== "sml-meter";
}

/** What these need of the core; what is not needed the bundler leaves out. */
export const meterImports = `import { namedMeter, namedReader } from "./firmware/board-meter.ts";
import { listenedSensor } from "./firmware/listened-sensor.ts";
import { smallSmlReader } from "./firmware/small-sml.ts";
import { hasSignFaultText } from "./protocols/sml-dzg.ts";`;

const powers: readonly QuantityName[] = ["activePower", "activePowerL1", "activePowerL2", "activePowerL3"];

/** With bare names, which a later step makes shorter everywhere at once. */
function membersText(object: Readonly<Record<string, string | number>>): string {
  const members = Object.entries(object).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `{ ${members.join(", ")} }`;
}

function smlText({ driver, installed, shape }: MeterPlace, i: number): string {
  const corrects = flagOption(driver, installed.options, "correctSigns");
  const signs: readonly QuantityName[] = corrects ? powers : [];
  const registers = shape.columns.map(({ quantity, exponent }) => {
    const { obis, dlms } = quantities[quantity];
    const code = byteLiteral(byteText(obisBytes(`${obis}*255`) ?? new Uint8Array(0)));
    return `{ code: ${code}, unit: ${dlmsUnitCode(dlms ?? "")}, exponent: ${exponent}${signs.includes(quantity) ? ", power: true" : ""} }`;
  });

  return `smallSmlReader(columns${i}, [${registers.join(", ")}], ${corrects ? "hasSignFaultText" : "() => false"})`;
}
