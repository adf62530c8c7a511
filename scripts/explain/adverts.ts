import { openBthome, readObjects } from "../../protocols/bthome.ts";
import { bthomeObject } from "../../protocols/bthome-objects.ts";
import { toHex } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import type { Measurement } from "../../protocols/meter.ts";
import { byteHex, type Explainer, valueText } from "./explainer.ts";
import { inside, type Sheet } from "./sheet.ts";
import type { ExplainWord } from "./words.ts";

/** BTHome v2: device information, address, objects; encrypted ones with counter and tag. */
export const explainBthome: Explainer = (sheet, result, { keys }) => {
  if (result === null) {
    return;
  }
  const { bytes } = sheet;
  const measurements = isFault(result) ? [] : [...(result.measurements ?? [])];
  const information = bytes[0]!;
  sheet.take(1, "bthome.information", byteHex(information));
  if (information >> 5 !== 2) {
    return;
  }
  if ((information & 2) !== 0) {
    sheet.take(6, "bthome.address", toHex(bytes.subarray(1, 7)));
  }
  if ((information & 1) === 0) {
    objects(sheet, measurements);
    return;
  }
  const content = openBthome(bytes, keys);
  const end = sheet.to - 8;
  if (end <= sheet.at) {
    return;
  }
  if (isFault(content)) {
    sheet.mark(end, "seal.closed", content.detail, { wrong: true });
  } else {
    const layer = inside(content.objects, (inner) => objects(inner, measurements));
    sheet.mark(end, "seal.text", null, { inside: layer });
  }
  sheet.take(4, "seal.counter", toHex(bytes.subarray(end, end + 4)));
  sheet.take(4, "seal.tag", toHex(bytes.subarray(end + 4)));
};

function objects(sheet: Sheet, measurements: Measurement[]): void {
  const { bytes } = sheet;
  while (sheet.at < sheet.to) {
    const from = sheet.at;
    const object = bthomeObject(bytes[from]!);
    const head = object?.length === 0 ? 2 : 1;
    const to = from + head + (object?.length === 0 ? (bytes[from + 1] ?? 256) : (object?.length ?? 0));
    if (object === null || to > sheet.to) {
      return;
    }
    const said = readObjects(bytes.subarray(from, to));
    sheet.group("bthome.object", () => {
      sheet.take(1, "bthome.id", `${byteHex(bytes[from]!)}, ${object.quantity}`);
      sheet.take(head - 1, "seal.length", String(bytes[from + 1]));
      sheet.mark(to, "record.data", toHex(bytes.subarray(sheet.at, to)));
      const count = isFault(said) ? 0 : said.length;
      return measurements.splice(0, count).map(measurementText).join("; ");
    });
  }
}

function measurementText({ quantity, value, unit }: Measurement): string {
  return `${quantity} = ${valueText(value, unit)}`;
}

type RuuviField =
  | readonly [count: number, quantities: readonly string[]]
  | readonly [count: number, word: ExplainWord];

const acceleration: readonly RuuviField[] = [
  [2, ["acceleration_x"]],
  [2, ["acceleration_y"]],
  [2, ["acceleration_z"]],
];

/** Ruuvi's fields behind the format byte, by format. */
const ruuviFields: Readonly<Record<number, readonly RuuviField[]>> = {
  3: [[1, ["humidity"]], [2, ["temperature"]], [2, ["pressure"]], ...acceleration, [2, ["battery_voltage"]]],
  5: [
    [2, ["temperature"]],
    [2, ["humidity"]],
    [2, ["pressure"]],
    ...acceleration,
    [2, ["battery_voltage", "tx_power"]],
    [1, ["movement_counter"]],
    [2, ["sequence"]],
    [6, "bthome.address"],
  ],
  6: [
    [2, ["temperature"]],
    [2, ["humidity"]],
    [2, ["pressure"]],
    [2, ["pm25"]],
    [2, ["co2"]],
    [1, ["voc_index"]],
    [1, ["nox_index"]],
    [1, ["illuminance"]],
    [1, "ruuvi.reserved"],
    [1, ["sequence"]],
    [1, "ruuvi.flags"],
    [3, "bthome.address"],
  ],
};

export const explainRuuvi: Explainer = (sheet, result) => {
  if (result === null) {
    return;
  }
  const { bytes } = sheet;
  const measurements = isFault(result) ? [] : (result.measurements ?? []);
  sheet.take(1, "ruuvi.format", String(bytes[0]));
  for (const [count, what] of isFault(result) ? [] : (ruuviFields[bytes[0]!] ?? [])) {
    const raw = toHex(bytes.subarray(sheet.at, sheet.at + count));
    if (typeof what === "string") {
      sheet.take(count, what, raw);
    } else {
      const found = what.flatMap((name) => measurements.filter(({ quantity }) => quantity === name));
      sheet.take(count, "ruuvi.field", found.map(measurementText).join("; "));
    }
  }
};
