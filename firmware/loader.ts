import {
  confirmedOffset,
  onTrial,
  readTrailer,
  type Slot,
  setMark,
  slotNames,
  slotToStart,
  startOffset,
  trailerLength,
} from "./slot.ts";

/** What the loader asks of a board. */
export interface LoaderPorts {
  /** Bytes of a file as characters; null where there is none. */
  read(name: string, offset: number, length: number): string | null;
  /** Bytes of a file. */
  size(name: string): number;
  /** Writes into erased bytes; false where the flash does not take it. */
  write(name: string, text: string, offset: number): boolean;
  /** CRC-32 of a text; null where the interpreter has none. */
  crc(text: string): number | null;
  /** Runs a program; false where it threw. */
  run(program: string): boolean;
  /** From now on the board starts anew unless the program keeps it alive and is confirmed in time. */
  beginTrial(): void;
  endTrial(): void;
  restart(): void;
}

/** What the program that runs can say to the loader, as the global `slot`. */
export interface RunningSlot {
  readonly name: string;
  /** To be called once the gateway has acknowledged a message: from now on this program is the one to fall back to. */
  confirm(): void;
}

/**
 * Starts the newer of two slots that hold. One that is not confirmed yet is marked before it starts; after three such starts, or
 * where a mark cannot be written, the older one has its turn. The loader itself is written once and never again.
 */
export function loadSlot(ports: LoaderPorts, announce: (slot: RunningSlot) => void): void {
  const found = slotNames.map((name) => wholeSlot(name, ports));
  const chosen = slotToStart(found[0], found[1]);
  if (chosen < 0) {
    return;
  }
  const slot = found[chosen] as Slot;
  const other = found[1 - chosen];
  const trial = onTrial(slot, other);
  if (!trial || other === null) {
    start(slotNames[chosen], slot, ports, announce);
  } else if (ports.write(slotNames[chosen], setMark, startOffset(slot))) {
    ports.beginTrial();
    if (!start(slotNames[chosen], slot, ports, announce)) {
      ports.restart();
    }
  } else {
    start(slotNames[1 - chosen], other, ports, announce);
  }
}

function wholeSlot(name: string, ports: LoaderPorts): Slot | null {
  const size = ports.size(name);
  const trailer = size > trailerLength ? ports.read(name, size - trailerLength, trailerLength) : null;
  const slot = trailer === null ? null : readTrailer(trailer, size);
  if (slot === null) {
    return null;
  }
  const crc = ports.crc(ports.read(name, 0, slot.length) as string);
  return crc === null || crc === slot.crc ? slot : null;
}

function start(name: string, slot: Slot, ports: LoaderPorts, announce: (slot: RunningSlot) => void): boolean {
  let confirmed = slot.confirmed;
  announce({
    name: name,
    confirm: () => {
      if (!confirmed) {
        confirmed = ports.write(name, setMark, confirmedOffset(slot));
        ports.endTrial();
      }
    },
  });
  return ports.run(ports.read(name, 0, slot.length) as string);
}
