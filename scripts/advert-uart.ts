import type { Uart } from "../boards/platform.ts";
import { saidFault } from "../boards/platforms/said-fault.ts";
import type { AdvertLanguage, Adverts } from "../gateway/ble/adverts.ts";
import { type ProblemError, problemText } from "../gateway/problem.ts";
import type { Language } from "../gateway/words/words.ts";

/** The port of firmware/advert-reader.ts: each advert of one sensor as a byte with its length, and its data. */
export function advertUart(
  adverts: Adverts,
  { adapter, ...sensor }: { adapter: string; address: string; language: AdvertLanguage },
): Uart {
  let stop = () => {};
  return {
    open: (_settings, onBytes, onState) => {
      stop();
      stop = adverts.watch(adapter, {
        ...sensor,
        // Longer than a radio sends: no advert.
        advert: (data) => data.length < 255 && onBytes(Uint8Array.from([data.length, ...data])),
        state: (problem) => {
          onState(
            problem === null
              ? null
              : saidFault("bus", { en: textOf(problem, "en"), de: textOf(problem, "de") }),
          );
        },
      });
    },
    write: () => {},
    close: () => stop(),
  };
}

function textOf(problem: ProblemError, lang: Language): string {
  const { what, next } = problemText(problem, lang);
  return `${what} ${next}`;
}
