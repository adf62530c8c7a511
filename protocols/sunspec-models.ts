import type { RegisterType } from "./modbus-register.ts";
import type { QuantityName } from "./quantity.ts";

/** A point of a SunSpec model: where it stands behind the model's id, and what it says. */
export interface SunspecPoint {
  /** As the model names it. */
  readonly name: string;
  /** Registers from the model's id on. */
  readonly offset: number;
  readonly type: RegisterType;
  /** Where its power of ten stands (sunssf); null for none. */
  readonly scale: number | null;
  /** What it is in the table of quantities; null for what the table does not have. */
  readonly quantity: QuantityName | null;
  readonly unit: string;
  /** Counts the other way round: an inverter's output is what a meter calls fed in. */
  readonly negated: boolean;
  /** An accumulator: zero means that it does not accumulate (SunSpec Device Information Model §4.1). */
  readonly accumulates: boolean;
}

/** A block of points that comes as often as a register says, behind the fixed part of its model. */
export interface SunspecRepeat {
  /** Where the number of blocks stands. */
  readonly count: number;
  readonly first: number;
  readonly length: number;
  readonly points: readonly SunspecPoint[];
}

export interface SunspecModel {
  readonly ids: readonly number[];
  readonly title: string;
  readonly points: readonly SunspecPoint[];
  readonly repeat: SunspecRepeat | null;
}

/** A point that the table of quantities has. */
function known(
  name: string,
  offset: number,
  type: RegisterType,
  scale: number | null,
  quantity: QuantityName,
  unit: string,
): SunspecPoint {
  return { name, offset, type, scale, quantity, unit, negated: false, accumulates: false };
}

function other(
  name: string,
  offset: number,
  type: RegisterType,
  scale: number | null,
  unit: string,
): SunspecPoint {
  return { name, offset, type, scale, quantity: null, unit, negated: false, accumulates: false };
}

/** Power that an inverter gives is power that a meter calls negative. */
function output(offset: number, type: RegisterType, scale: number | null): SunspecPoint {
  return {
    name: "W",
    offset,
    type,
    scale,
    quantity: "activePower",
    unit: "W",
    negated: true,
    accumulates: false,
  };
}

function energy(
  name: string,
  offset: number,
  type: RegisterType,
  scale: number | null,
  quantity: QuantityName | null,
): SunspecPoint {
  return { name, offset, type, scale, quantity, unit: "Wh", negated: false, accumulates: true };
}

/**
 * The models that are read, from the alliance's own files (github.com/sunspec/models, json/model_N.json): layouts are theirs, offsets count
 * the model's id as 0.
 */
const sunspecModels: readonly SunspecModel[] = [
  {
    ids: [101, 102, 103],
    title: "inverter: one, split, three phases",
    points: [
      known("AphA", 3, "u16", 6, "currentL1", "A"),
      known("AphB", 4, "u16", 6, "currentL2", "A"),
      known("AphC", 5, "u16", 6, "currentL3", "A"),
      known("PhVphA", 10, "u16", 13, "voltageL1", "V"),
      known("PhVphB", 11, "u16", 13, "voltageL2", "V"),
      known("PhVphC", 12, "u16", 13, "voltageL3", "V"),
      output(14, "s16", 15),
      known("Hz", 16, "u16", 17, "frequency", "Hz"),
      energy("WH", 24, "u32", 26, "activeEnergyExported"),
      other("DCW", 31, "s16", 32, "W"),
    ],
    repeat: null,
  },
  {
    ids: [111, 112, 113],
    title: "inverter in singles",
    points: [
      known("AphA", 4, "float32", null, "currentL1", "A"),
      known("AphB", 6, "float32", null, "currentL2", "A"),
      known("AphC", 8, "float32", null, "currentL3", "A"),
      known("PhVphA", 16, "float32", null, "voltageL1", "V"),
      known("PhVphB", 18, "float32", null, "voltageL2", "V"),
      known("PhVphC", 20, "float32", null, "voltageL3", "V"),
      output(22, "float32", null),
      known("Hz", 24, "float32", null, "frequency", "Hz"),
      energy("WH", 32, "float32", null, "activeEnergyExported"),
      other("DCW", 38, "float32", null, "W"),
    ],
    repeat: null,
  },
  {
    ids: [120],
    title: "nameplate",
    points: [other("WRtg", 3, "u16", 4, "W")],
    repeat: null,
  },
  {
    ids: [122],
    title: "extended measurements",
    points: [energy("ActWh", 5, "u64", null, null)],
    repeat: null,
  },
  {
    ids: [160],
    title: "strings of an inverter",
    points: [],
    repeat: {
      count: 8,
      first: 10,
      length: 20,
      points: [
        other("DCA", 9, "u16", 2, "A"),
        other("DCV", 10, "u16", 3, "V"),
        other("DCW", 11, "u16", 4, "W"),
        energy("DCWH", 12, "u32", 5, null),
      ],
    },
  },
  {
    ids: [201, 202, 203, 204],
    title: "meter: one, split, star, delta",
    points: [
      known("AphA", 3, "s16", 6, "currentL1", "A"),
      known("AphB", 4, "s16", 6, "currentL2", "A"),
      known("AphC", 5, "s16", 6, "currentL3", "A"),
      known("PhVphA", 8, "s16", 15, "voltageL1", "V"),
      known("PhVphB", 9, "s16", 15, "voltageL2", "V"),
      known("PhVphC", 10, "s16", 15, "voltageL3", "V"),
      known("Hz", 16, "s16", 17, "frequency", "Hz"),
      known("W", 18, "s16", 22, "activePower", "W"),
      known("WphA", 19, "s16", 22, "activePowerL1", "W"),
      known("WphB", 20, "s16", 22, "activePowerL2", "W"),
      known("WphC", 21, "s16", 22, "activePowerL3", "W"),
      energy("TotWhExp", 38, "u32", 54, "activeEnergyExported"),
      energy("TotWhImp", 46, "u32", 54, "activeEnergyImported"),
    ],
    repeat: null,
  },
  {
    ids: [211, 212, 213, 214],
    title: "meter in singles",
    points: [
      known("AphA", 4, "float32", null, "currentL1", "A"),
      known("AphB", 6, "float32", null, "currentL2", "A"),
      known("AphC", 8, "float32", null, "currentL3", "A"),
      known("PhVphA", 12, "float32", null, "voltageL1", "V"),
      known("PhVphB", 14, "float32", null, "voltageL2", "V"),
      known("PhVphC", 16, "float32", null, "voltageL3", "V"),
      known("Hz", 26, "float32", null, "frequency", "Hz"),
      known("W", 28, "float32", null, "activePower", "W"),
      known("WphA", 30, "float32", null, "activePowerL1", "W"),
      known("WphB", 32, "float32", null, "activePowerL2", "W"),
      known("WphC", 34, "float32", null, "activePowerL3", "W"),
      energy("TotWhExp", 60, "float32", null, "activeEnergyExported"),
      energy("TotWhImp", 68, "float32", null, "activeEnergyImported"),
    ],
    repeat: null,
  },
  {
    ids: [802],
    title: "battery",
    points: [
      other("SoC", 11, "u16", 56, "%"),
      other("SoH", 13, "u16", 58, "%"),
      other("V", 34, "u16", 59, "V"),
      other("A", 44, "s16", 61, "A"),
      other("W", 47, "s16", 63, "W"),
    ],
    repeat: null,
  },
];

/** The model of an id as a unit names it; null for one that is not read here. */
export function sunspecModel(id: number): SunspecModel | null {
  const found = sunspecModels.filter((model) => model.ids.indexOf(id) >= 0);
  return found.length === 0 ? null : found[0];
}
