import { problem } from "../gateway/problem.ts";
import type { Language } from "../gateway/words/words.ts";

export interface SimulateOrder {
  readonly language: string;
  readonly profile?: string;
  /** A serial port that is there (a pseudo-terminal is made where none is given), or for LoRaWAN a broker's URL. */
  readonly port?: string;
  readonly baud?: number;
  /** Chance of a byte to be lost. */
  readonly noise: number;
  readonly seed: number;
  /** How much faster than real time the meter's own time passes. */
  readonly speed: number;
  /** One telegram, then the end; to standard output where no port is given. */
  readonly once: boolean;
  readonly lang: Language;
  /** Ends it as Ctrl-C does; for tests. */
  readonly stop?: AbortSignal;
}

/** The profile that was asked for, else the usual one; throws where there is none of that name. */
export function profileOf<Name extends string>(profiles: readonly Name[], { profile }: SimulateOrder): Name {
  const found = profile === undefined ? profiles[0] : profiles.find((name) => name === profile);
  if (found === undefined) {
    throw problem("USE-002", { option: "--profile", value: profile ?? "", allowed: profiles });
  }
  return found;
}

/** Resolves at SIGTERM, Ctrl-C, or when a test wants it. */
export function askedToStop(stop: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      process.off("SIGTERM", end);
      process.off("SIGINT", end);
      resolve();
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
    stop?.addEventListener("abort", end);
  });
}
