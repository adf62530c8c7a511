import { rates } from "./setting.ts";

/**
 * What garbage says of its sender's bit rate. A line that is set k times too fast sees every bit k times over, so its characters change in
 * steps of k bits only. That says where to listen next; it names nothing.
 */

/** Times too fast that show in eight bits; beyond, all is zeros. */
const ratioMax = 8;
/** Share of the characters that must be of the form: noise may spoil the others. */
const shareLeast = 0.9;
const zerosLeast = 0.7;
/** Rates fit in one another: the slowest counts that explains nearly as many characters as the others do. */
const alignedLeast = 0.6;
const countLeast = 12;

/** Adds up over one stay. */
export class BitRate {
  /** Characters so far. */
  count = 0;
  private zeros = 0;
  private readonly slower: readonly Slower[];
  private readonly baud: number;

  constructor(baud: number) {
    this.baud = baud;
    this.slower = rates
      .filter((rate) => rate < baud && baud / rate <= ratioMax)
      .map((rate) => {
        const k = baud / rate;
        return { rate, fitting: 0, aligned: 0, form: formOf(k, k), alignedForm: formOf(k, 1) };
      });
  }

  push(bytes: Uint8Array): void {
    this.count += bytes.length;
    for (const byte of bytes) {
      this.zeros += byte === 0 ? 1 : 0;
      for (const one of this.slower) {
        one.fitting += one.form.has(byte) ? 1 : 0;
        one.aligned += one.alignedForm.has(byte) ? 1 : 0;
      }
    }
  }

  /** The sender's rate where it is slower than the one that was listened at; null where nothing tells. */
  guess(): number | null {
    if (this.count < countLeast) {
      return null;
    }
    if (this.zeros >= zerosLeast * this.count) {
      return rates.filter((rate) => rate <= this.baud / ratioMax).at(-1) ?? rates[0]!;
    }
    const fitting = this.slower.filter((one) => one.fitting >= shareLeast * this.count);
    const most = Math.max(...fitting.map(({ aligned }) => aligned));
    return fitting.find(({ aligned }) => aligned >= alignedLeast * most)?.rate ?? null;
  }
}

interface Slower {
  readonly rate: number;
  readonly form: ReadonlySet<number>;
  /** Of characters that begin where a bit of the sender begins, as most do. */
  readonly alignedForm: ReadonlySet<number>;
  fitting: number;
  aligned: number;
}

/** The characters that bits of k times their length make; the start bit begins within the first `phases` samples of one of them. */
function formOf(k: number, phases: number): ReadonlySet<number> {
  const bytes = new Set<number>();
  for (let phase = 0; phase < phases; phase++) {
    for (let bits = 0; bits < 512; bits += 2) {
      let byte = 0; // bit 0 of `bits` is the start bit, which is low
      for (let sample = 1; sample <= 8; sample++) {
        byte |= ((bits >> Math.floor((sample + phase) / k)) & 1) << (sample - 1);
      }
      bytes.add(byte);
    }
  }
  return bytes;
}
