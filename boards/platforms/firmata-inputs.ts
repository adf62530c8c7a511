import type Board from "johnny-five/lib/board.js";
import { type Fault, fault, isFault } from "../../protocols/fault.ts";
import type { Analog, Pulse } from "../platform.ts";
import type { FirmataBoard } from "./firmata-board.ts";

/** Until a sample must have come, ms; one is taken every tenth of a second. */
const sampleMax = 1000;

/** An analogue input by its number on the board: A0 is 0. The board sends samples by itself once it was asked. */
export function firmataAnalog(host: FirmataBoard, input: number): Analog {
  let waiting: ((level: number | Fault) => void)[] = [];
  let asked: Board | null = null;
  const answer = (level: number | Fault): void => {
    const due = waiting;
    waiting = [];
    for (const done of due) {
      done(level);
    }
  };
  return {
    read: (done) => {
      const board = host.board();
      if (isFault(board)) {
        done(board);
        return;
      }
      if (board.io.analogPins[input] === undefined) {
        done(fault("unsupported", `${host.path}: this Arduino has no input A${input}`));
        return;
      }
      if (asked !== board) {
        asked = board;
        board.analogRead(input, (value) => answer(Math.round((value * 65535) / board.RESOLUTION.ADC)));
      }
      const once = later<number | Fault>(done, () =>
        fault("bus", `${host.path}: no sample of A${input} came`),
      );
      waiting.push(once);
    },
  };
}

/** Calls `done` with what comes first: its argument, or after `sampleMax` what `otherwise` says. */
function later<T>(done: (value: T) => void, otherwise: () => T): (value: T) => void {
  let open = true;
  const once = (value: T): void => {
    if (open) {
      open = false;
      clearTimeout(timer);
      done(value);
    }
  };
  const timer = setTimeout(() => once(otherwise()), sampleMax);
  return once;
}

/**
 * A contact or S0 output between a digital pin and ground, with the chip's pull-up. What happens while the Arduino is away or starts
 * again is not counted.
 */
export function firmataPulse(host: FirmataBoard, pin: number, now: () => number): Pulse {
  let watch: { close(): void } | null = null;
  return {
    open: (debounce, onPulse) => {
      watch?.close();
      watch = watchPin(host, pin, { debounce, onPulse, now });
    },
    close: () => {
      watch?.close();
      watch = null;
    },
  };
}

interface PulseWatch {
  readonly debounce: number;
  readonly onPulse: (time: number) => void;
  readonly now: () => number;
}

function watchPin(
  host: FirmataBoard,
  pin: number,
  { debounce, onPulse, now }: PulseWatch,
): { close(): void } {
  let open = true;
  let timer: NodeJS.Timeout | undefined;
  const change = (level: 0 | 1): void => {
    clearTimeout(timer);
    const time = now();
    if (level === 0) {
      timer = setTimeout(() => onPulse(time), debounce);
    }
  };
  host.use((board) => {
    const { PULLUP } = board.io.MODES;
    if (!open) {
      return;
    }
    if (board.io.pins[pin]?.supportedModes.includes(PULLUP) !== true) {
      host.complain(
        fault(
          "unsupported",
          `${host.path}: this Arduino counts nothing at D${pin}: it has no such pin, or its StandardFirmata is older than 2.5`,
        ),
      );
      return;
    }
    clearTimeout(timer);
    let before: 0 | 1 | null = null;
    board.pinMode(pin, PULLUP);
    board.digitalRead(pin, (level) => {
      // The board tells its eight pins at once, also those that have not moved; the first word on a pin is no edge.
      if (open && before !== null && level !== before) {
        change(level);
      }
      before = level;
    });
  });
  return {
    close: () => {
      open = false;
      clearTimeout(timer);
    },
  };
}
