import { insert, type Ranges } from "../protocols/ranges.ts";
import type { FaultCounters } from "./faults.ts";
import type { Observer } from "./observer.ts";
import type { Outbox, OutboxFrame } from "./outbox.ts";
import type { OutboxFile } from "./outbox-file.ts";
import type { Journal } from "./uplink.ts";

/** Keeps account of frames for the observer, and on storage where there is a file. */
export function createJournal(
  observer: Observer,
  file: OutboxFile | null,
  outbox: Outbox,
  faults: FaultCounters,
): Journal {
  function forget(frames: readonly OutboxFrame[]): void {
    if (file !== null) {
      faults.note(file.forget(frames, outbox));
    }
  }
  return {
    sealed(frame) {
      if (observer.sealed !== undefined) {
        observer.sealed(frame.epoch, frame.piv, frame.rows, frame.kind);
      }
      if (file !== null) {
        faults.note(file.keep(frame));
      }
    },
    acknowledged(frames) {
      forget(frames);
      if (observer.acknowledged !== undefined) {
        observer.acknowledged(frames[0].epoch, numbersOf(frames));
      }
    },
    givenUp(frames) {
      frames.forEach((frame) => {
        if (observer.dropped !== undefined) {
          observer.dropped(frame.epoch, [[frame.piv, frame.piv]], frame.rows);
        }
      });
      forget(frames);
    },
  };
}

function numbersOf(frames: readonly OutboxFrame[]): Ranges {
  let ranges: Ranges = [];
  frames.forEach((frame) => {
    ranges = insert(ranges, frame.piv);
  });
  return ranges;
}
