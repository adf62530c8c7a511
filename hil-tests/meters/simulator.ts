/** A simulated meter as whoever gives it a line sees it: `hasen simulate`, the street, tests. Knows no clock: time is what `step` is told. */
export interface SimulatedMeter {
  /** Lets time pass, in whole ms. */
  step(ms: number): void;
  /** What it sends by itself now; null for one that only answers. */
  telegram(): Uint8Array | null;
  /** What it answers to bytes from the line. */
  receive(bytes: Uint8Array): readonly MeterAnswer[];
}

export interface MeterAnswer {
  /** ms after what it answers, or after the answer before it. */
  readonly pause: number;
  /** The line's speed from here on; absent where it stays. */
  readonly baud?: number;
  readonly bytes: Uint8Array;
}

export interface SimulatorOptions {
  readonly seed: number;
  /** One of the simulator's profiles. */
  readonly profile: string;
}

/** How meters of one language are simulated. */
export interface Simulator {
  readonly language: string;
  /** The language's usual line: baud, data bits, parity, stop bits, e.g. "9600 8N1". */
  readonly line: { readonly baud: number; readonly form: string };
  /** Makes and ways of speaking, the usual one first. */
  readonly profiles: readonly string[];
  /** Between two telegrams that it sends by itself, ms. */
  readonly period: number;
  create(options: SimulatorOptions): SimulatedMeter;
  /** What a gateway's config says of it beside language and port; absent for nothing. */
  readonly settings?: (profile: string) => string;
  /** Options that `hasen decode` needs to read it, e.g. a key; empty for most. */
  readonly decode: string | ((profile: string) => string);
}
