import type { RegisterTable } from "../../protocols/modbus-pdu.ts";
import type { ModbusUnit } from "./modbus-unit.ts";

/** A model in a simulated device: its id, and its registers behind the length, as numbers of 16 bits. */
export interface SimulatedModel {
  readonly id: number;
  readonly registers: readonly number[];
}

/** `count` registers that say "there is none", with some that say something: by their offset from the model's id. */
export function modelWith(
  id: number,
  count: number,
  values: Readonly<Record<number, number | readonly number[]>>,
): SimulatedModel {
  const registers = new Array<number>(count).fill(0x8000);
  for (const [offset, value] of Object.entries(values)) {
    (typeof value === "number" ? [value] : value).forEach((word, i) => {
      registers[Number(offset) - 2 + i] = word & 0xffff;
    });
  }
  return { id, registers };
}

/** Registers of a text, padded with zeros. */
export function words(text: string, count: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => (text.charCodeAt(2 * i) || 0) * 256 + (text.charCodeAt(2 * i + 1) || 0),
  );
}

/** Two registers of a single. */
export function single(value: number): number[] {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, value);
  return [bytes.getUint16(0), bytes.getUint16(2)];
}

/** A SunSpec device: the mark and its chain of models at a base, holding registers alone. */
export class SunspecUnit implements ModbusUnit {
  requests = 0;
  private readonly base: number;
  private readonly map: readonly number[];

  /** `ended`: false for a chain without its end. */
  constructor(base: number, models: readonly SimulatedModel[], ended = true) {
    this.base = base;
    this.map = [
      0x5375,
      0x6e53,
      ...models.flatMap(({ id, registers }) => [id, registers.length, ...registers]),
      ...(ended ? [0xffff, 0] : []),
    ];
  }

  read(table: RegisterTable, address: number, count: number): Uint8Array | number {
    this.requests++;
    const from = address - this.base;
    if (table !== "holding" || from < 0 || from + count > this.map.length) {
      return 2;
    }
    return Uint8Array.from(this.map.slice(from, from + count).flatMap((word) => [word >> 8, word & 255]));
  }
}
