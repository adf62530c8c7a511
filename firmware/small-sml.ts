import { fault } from "../protocols/fault.ts";
import { type SmallRegister, smallSml } from "../protocols/sml-small.ts";
import type { DriverColumn, UartReader } from "./driver.ts";

/** Reads an SML meter at a board into these columns, each from the register at its place. */
export function smallSmlReader(
  columns: readonly DriverColumn[],
  registers: readonly SmallRegister[],
  signFault: (id: string) => boolean,
): UartReader {
  const take = smallSml(registers, signFault);
  return {
    push(bytes, _time, sink) {
      take(bytes, {
        registers(values) {
          if (values.some((value) => value !== null)) {
            sink.measured(columns, values);
          } else {
            sink.fault(fault("content", "a telegram without any of the named channels"));
          }
        },
        fault: (code) => sink.fault(fault(code, "a telegram that is not taken")),
      });
    },
  };
}
