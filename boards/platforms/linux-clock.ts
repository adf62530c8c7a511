import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import type { Clock } from "../platform.ts";

/** How often to look whether the clock is synchronised, ms. */
const lookEvery = 60_000;
/** Exists once systemd-timesyncd has set the clock. */
const timesyncFile = "/run/systemd/timesync/synchronized";

/**
 * This machine's clock. `unix` is null until the kernel says that the clock is synchronised: Node cannot ask it (adjtimex), so a
 * file of systemd-timesyncd or `timedatectl` is asked, which reports the kernel's flag whoever set it. `trusted` skips that, for
 * machines that keep time by other means, such as containers.
 */
export class LinuxClock implements Clock {
  readonly #trusted: boolean;
  #synchronised = false;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(options: { readonly trusted: boolean }) {
    this.#trusted = options.trusted;
  }

  monotonic(): number {
    return Math.floor(performance.now());
  }

  unix(): number | null {
    const now = performance.now();
    if (!this.#trusted && now - this.#lookedAt >= lookEvery) {
      this.#lookedAt = now;
      this.#look();
    }
    return this.#trusted || this.#synchronised ? Date.now() : null;
  }

  #look(): void {
    if (existsSync(timesyncFile)) {
      this.#synchronised = true;
      return;
    }
    askSystemClock((word) => {
      this.#synchronised = word === "synchronised";
    });
  }
}

/**
 * What the kernel says about its clock, through `timedatectl`; the flag is taken back when somebody sets the clock by hand. Where
 * it cannot be asked, the file of systemd-timesyncd tells at least that it was right once; "unknown" where there is neither.
 */
export function askSystemClock(answer: (word: "synchronised" | "unsynchronised" | "unknown") => void): void {
  const query = ["show", "--property=NTPSynchronized", "--value"];
  const child = execFile("timedatectl", query, { timeout: 5000 }, (failed, stdout) => {
    if (failed === null && /^(yes|no)$/.test(stdout.trim())) {
      answer(stdout.trim() === "yes" ? "synchronised" : "unsynchronised");
    } else {
      answer(existsSync(timesyncFile) ? "synchronised" : "unknown");
    }
  });
  child.unref();
}
