import { leastAt, mostAt, quantities, widthMost } from "../../protocols/quantity.ts";
import { bodyWidth, type Shape } from "../../protocols/shape.ts";

/** Of each column, what is in its quantity's range and in its width. */
export function boundsOf(shape: Shape): [number, number][] {
  const most = widthMost(bodyWidth(shape));
  return shape.columns.map(({ quantity, exponent }) => {
    const row = quantities[quantity];
    const own = row.counter ? Number.MAX_SAFE_INTEGER : most;
    return [Math.max(leastAt(row, exponent), -own), Math.min(mostAt(row, exponent), own)];
  });
}

/** Whether a value is one, and within its quantity's range and its column's width: what no typed array would notice. */
export function rangeText(shape: Shape): string {
  const bounds = boundsOf(shape);
  const check = shape.columns.some(({ quantity }) => quantities[quantity].counter)
    ? "Math.floor(value as number) === value"
    : "((value as number) | 0) === value";
  return `(_column, value, i) =>
        ${check} &&
        (value as number) >= [${bounds.map(([least]) => least).join(", ")}][i] &&
        (value as number) <= [${bounds.map(([, greatest]) => greatest).join(", ")}][i]`;
}
