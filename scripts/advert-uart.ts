import type { Uart } from "../boards/platform.ts";
import type { AdvertLanguage, Adverts } from "../gateway/ble/adverts.ts";
import { problemText } from "../gateway/problem.ts";
import { fault } from "../protocols/fault.ts";

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
          const text = problem === null ? null : problemText(problem, "en");
          onState(text === null ? null : fault("bus", `${text.what} ${text.next}`));
        },
      });
    },
    write: () => {},
    close: () => stop(),
  };
}
