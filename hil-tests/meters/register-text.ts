import { decimalText } from "../../protocols/decimal.ts";

/**
 * A register as D0 and P1 meters write it: cut to `decimals`, with leading zeros up to `digits` before the point, e.g. 002941.6461.
 * `value` counts in 10^scaler of the unit.
 */
export function registerText(
  value: number,
  scaler: number,
  form: { readonly digits: number; readonly decimals: number },
): string {
  const steps = -scaler - form.decimals;
  const cut = Math.trunc(value / 10 ** steps);
  const text = decimalText(Math.abs(cut), -form.decimals);
  const whole = form.decimals === 0 ? form.digits : form.digits + 1 + form.decimals;
  return (cut < 0 ? "-" : "") + text.padStart(whole, "0");
}
