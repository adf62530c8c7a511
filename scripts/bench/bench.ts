/** One benchmark: a file of its own in this folder, and one line in index.ts. */
export interface Bench {
  readonly name: string;
  /** Of the figures that `ours` and `theirs` return, e.g. "frames/s". */
  readonly unit: string;
  /** Who is compared with, as a person would look it up; null where nobody does the same. */
  readonly peer: string | null;
  /** Bytes and durations: the smaller figure wins. */
  readonly lessIsBetter?: boolean;
  /** Rounds where one takes seconds, at least three; without it as many as the command says. */
  readonly rounds?: number;
  /** Loads what the rounds need, outside the measured time. */
  prepare(): Promise<PreparedBench | Unmeasured>;
}

/** Why nothing can be measured here: a program or a right that this machine does not give. */
export interface Unmeasured {
  readonly unmeasured: string;
}

export interface PreparedBench {
  /** One round; returns its figure. A round of 100 to 500 ms is long enough to mean something and short enough to interleave. */
  ours(): Promise<number>;
  theirs: (() => Promise<number>) | null;
  /** Further figures, asked once after the last round. */
  extra?(): Record<string, number | string>;
  close?(): Promise<void>;
}

/** One line of the result. `ratio` above 1 means we are better, also where less is better; null where there is no peer. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer: string | null;
  readonly theirs: number | null;
  readonly ratio: number | null;
  readonly runs: number;
  readonly extra?: Record<string, number | string>;
}
