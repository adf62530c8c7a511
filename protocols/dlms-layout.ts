import {
  type CosemData,
  typeArray,
  typeAttribute,
  typeEnum,
  typeInt8,
  typeNull,
  typeOctets,
  typeStructure,
  typeUint16,
} from "./axdr.ts";
import { type Fault, fault } from "./fault.ts";
import type { MeterNumber, MeterReading } from "./meter.ts";
import { dlmsUnit, obisText } from "./obis.ts";

/**
 * What a tree of COSEM data says. Makers lay it out as they like: a name and its value, with or without scaler and unit, in structures or
 * in one flat list; objects first and values behind; attributes without types; values alone. Nothing is expected at a fixed place.
 */

/** Greatest power of ten either way; beyond it a scaler is none. */
const scalerMax = 18;
/** First byte of a logical name (IEC 62056-61): the medium, here up to hot water and heat; 128 to 199 are makers' own. Text is mostly in between. */
const mediumMax = 15;

/** All readings in the order of the telegram; where it names nothing, its values by place (`#1`, `#2`). */
export function readingsOf(data: CosemData, time: string | null): readonly MeterReading[] | Fault {
  const walk = new LayoutWalk(time);
  walk.list([data]);
  if (!walk.isNamed && walk.failure === null) {
    walk.places(data);
  }
  return walk.failure === null ? walk.readings : walk.failure;
}

class LayoutWalk {
  readonly readings: MeterReading[] = [];
  failure: Fault | null = null;
  /** Whether any name was found, with a value or without. */
  isNamed = false;
  private readonly time: string | null;

  constructor(time: string | null) {
    this.time = time;
  }

  list(items: readonly CosemData[]): void {
    let i = this.objectsFirst(items);
    while (i < items.length) {
      i += this.step(items, i);
    }
  }

  places(data: CosemData): void {
    if (data.value !== null) {
      this.add("#" + String(this.readings.length + 1), data, null);
    }
    for (let i = 0; i < data.items.length; i++) {
      this.places(data.items[i]);
    }
  }

  /** Takes what begins at `i` and gives how many items that was. */
  private step(items: readonly CosemData[], i: number): number {
    const item = items[i];
    if (isName(item)) {
      this.isNamed = true;
      return this.named(items, i);
    }
    if (isClassed(items, i)) {
      this.isNamed = true;
      this.add(obisText(items[i + 1].octets, 0), items[i + 3], null);
      return 4;
    }
    if (item.items.length > 0) {
      this.list(item.items);
    }
    return 1;
  }

  /** A name, its value, and a scaler with a unit where they follow. */
  private named(items: readonly CosemData[], i: number): number {
    if (i + 1 >= items.length) {
      return 1;
    }
    const value = items[i + 1];
    if (value.items.length > 0) {
      return 1; // The list is walked for itself.
    }
    const behind = i + 2 < items.length ? items[i + 2] : null;
    const scaled = behind !== null && isScalerUnit(behind);
    this.add(obisText(items[i].octets, 0), value, scaled ? (behind as CosemData) : null);
    return scaled ? 3 : 2;
  }

  /**
   * A list of captured objects, then their values: as many as objects, the list itself being the value of the first, or one for each. Gives
   * how many items that was.
   */
  private objectsFirst(items: readonly CosemData[]): number {
    if (items.length < 2 || !isObjectList(items[0])) {
      return 0;
    }
    this.isNamed = true;
    const objects = items[0].items;
    const shift = items.length - objects.length;
    if (shift !== 0 && shift !== 1) {
      return 1;
    }
    for (let i = 1; i < items.length; i++) {
      const name = objects[i - shift].items[1];
      if (items[i].items.length > 0) {
        this.list(items[i].items);
      } else if (name.octets.length === 6) {
        this.add(obisText(name.octets, 0), items[i], null);
      }
    }
    return items.length;
  }

  private add(obis: string, data: CosemData, scalerUnit: CosemData | null): void {
    if (data.type === typeNull || data.value === null) {
      return;
    }
    let value = data.value;
    let unit: string | null = null;
    if (scalerUnit !== null) {
      const scaler = integerOf(scalerUnit.items[0]);
      unit = dlmsUnit(integerOf(scalerUnit.items[1]));
      if (scaler < -scalerMax || scaler > scalerMax) {
        this.failure = fault("range", "a scaler of " + String(scaler) + " at " + obis);
        return;
      }
      if (typeof value !== "string") {
        value = { integer: value.integer, exponent: value.exponent + scaler };
      }
    }
    this.readings.push(
      this.time === null
        ? { obis: obis, value: value, unit: unit }
        : { obis: obis, value: value, unit: unit, time: this.time },
    );
  }
}

/** Six octets that can be a logical name, typed or not. */
function isName(data: CosemData): boolean {
  return (
    data.type === typeAttribute ||
    (data.type === typeOctets && data.octets.length === 6 && data.octets[0] <= mediumMax)
  );
}

/** Class, name and attribute, each with its type, and the value. */
function isClassed(items: readonly CosemData[], i: number): boolean {
  return (
    items.length === 4 &&
    i === 0 &&
    items[0].type === typeUint16 &&
    isName(items[1]) &&
    items[2].type === typeInt8 &&
    items[3].items.length === 0
  );
}

function isScalerUnit(data: CosemData): boolean {
  return (
    data.type === typeStructure &&
    data.items.length === 2 &&
    data.items[0].type === typeInt8 &&
    data.items[1].type === typeEnum
  );
}

/** An array of structures of class, name, attribute and index (IEC 62056-6-2 §4.3.7), with restrictions or without. */
function isObjectList(data: CosemData): boolean {
  for (let i = 0; i < data.items.length; i++) {
    const object = data.items[i].items;
    if (
      object.length < 4 ||
      object[0].type !== typeUint16 ||
      object[1].type !== typeOctets ||
      object[2].type !== typeInt8 ||
      object[3].type !== typeUint16
    ) {
      return false;
    }
  }
  return data.type === typeArray && data.items.length > 0;
}

/** Of the one-byte types, which fit a number. */
function integerOf(data: CosemData): number {
  return (data.value as MeterNumber).integer as number;
}
