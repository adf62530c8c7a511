import type { MeterNumber } from "../protocols/meter.ts";
import { quantityNames } from "../protocols/quantity.ts";
import type { DriverColumn, DriverValues } from "./driver.ts";

/** A value in the steps of its column. */
export interface ColumnValue {
  readonly column: DriverColumn;
  readonly value: MeterNumber;
}

/** The order of the quantity table. */
export function byQuantity(a: DriverColumn, b: DriverColumn): number {
  return quantityNames.indexOf(a.quantity) - quantityNames.indexOf(b.quantity);
}

/**
 * The columns of a sensor that does not tell everything each time: what was once there stays, and may be missing; what is new, or comes in
 * another exponent, goes to its place. `now` names no quantity twice. The same array as before where nothing is new.
 */
export function grown(
  before: readonly DriverColumn[],
  now: readonly DriverColumn[],
): readonly DriverColumn[] {
  const changed = now.filter((one) => !before.some((column) => isSame(column, one)));
  if (changed.length === 0) {
    return before;
  }
  const kept = before.filter((column) => changed.every((one) => one.quantity !== column.quantity));
  return kept.concat(changed).sort(byQuantity);
}

/** One value for each column; null for what is not among them, or without a value. */
export function valuesIn(
  columns: readonly DriverColumn[],
  values: readonly { readonly column: DriverColumn; readonly value: MeterNumber | null }[],
): DriverValues {
  return columns.map((column) => {
    const found = values.find((one) => one.column.quantity === column.quantity);
    return found === undefined || found.value === null ? null : found.value.integer;
  });
}

function isSame(a: DriverColumn, b: DriverColumn): boolean {
  return a.quantity === b.quantity && a.exponent === b.exponent;
}
