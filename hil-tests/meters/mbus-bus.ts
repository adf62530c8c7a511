import { concat } from "../../protocols/bytes.ts";
import { fits, type SecondaryAddress, selectedBy } from "../../protocols/mbus-address.ts";
import { ack, frameAt, longFrame } from "../../protocols/mbus-frame.ts";

/** A meter on a simulated wired M-Bus. */
export interface BusMeter {
  /** 1 to 250; meters may share one by mistake. */
  readonly primary: number;
  readonly secondary: SecondaryAddress;
  /** What it has to say, one telegram after the other, each from its CI field on. */
  telegrams(): readonly Uint8Array[];
}

const sndNke = 0x40;
const rspUd = 0x08;
const selectedAddress = 253;
const anyAddress = 254;
const frameCountBit = 0x20;
const requestMax = 300; // bytes that are kept of what the master sends

/** Meters on two wires. What they say at once is laid over one another as the wires do it. */
export class MbusBus {
  private readonly stations: readonly Station[];
  private readonly stagger: number;
  private pending: Uint8Array = new Uint8Array(0);

  /** `together`: meters begin to answer in the same instant, which no reader can always tell from one meter. Else each has its own pace. */
  constructor(meters: readonly BusMeter[], options: { readonly together: boolean } = { together: false }) {
    this.stations = meters.map((meter) => new Station(meter));
    this.stagger = options.together ? 0 : 1;
  }

  /** Bytes of the master; gives what comes back, for each whole request one piece. */
  receive(bytes: Uint8Array): readonly Uint8Array[] {
    this.pending = concat([this.pending, bytes]).subarray(-requestMax);
    const answers: Uint8Array[] = [];
    let at = 0;
    while (at < this.pending.length) {
      const found = frameAt(this.pending, at, this.pending.length);
      if (found.kind === "more") {
        break;
      }
      const length = found.kind === "long" || found.kind === "short" ? found.length : 1;
      const frame = this.pending.subarray(at, at + length);
      const said = this.stations.flatMap((station) => station.answer(frame) ?? []);
      if (length > 1 && said.length > 0) {
        answers.push(overlaid(said, this.stagger));
      }
      at += length;
    }
    this.pending = this.pending.slice(at);
    return answers;
  }
}

/** A slave sends zeros as current: where any of them sends a zero, the master sees one. Each begins `stagger` bytes after the last. */
function overlaid(said: readonly Uint8Array[], stagger: number): Uint8Array {
  const length = Math.max(...said.map((one, i) => one.length + i * stagger));
  const whole = new Uint8Array(length).fill(0xff);
  said.forEach((one, number) => {
    one.forEach((byte, i) => {
      whole[i + number * stagger]! &= byte;
    });
  });
  return whole;
}

class Station {
  private readonly meter: BusMeter;
  private selected = false;
  /** Frame count bit of the last request; null after a reset. */
  private count: boolean | null = null;
  private telegram = 0;

  constructor(meter: BusMeter) {
    this.meter = meter;
  }

  answer(frame: Uint8Array): Uint8Array | null {
    const pattern = selectedBy(frame);
    if (pattern !== null) {
      this.selected = fits(pattern, this.meter.secondary);
      this.count = null;
      return this.selected ? new Uint8Array([ack]) : null;
    }
    if (frame.length !== 5 || !this.isMeant(frame[2]!)) {
      return null;
    }
    if (frame[1] === sndNke) {
      this.count = null;
      this.selected &&= frame[2] !== selectedAddress;
      return new Uint8Array([ack]);
    }
    return (frame[1]! & ~frameCountBit) === 0x5b ? this.data((frame[1]! & frameCountBit) !== 0) : null;
  }

  private isMeant(address: number): boolean {
    return (
      address === this.meter.primary ||
      address === anyAddress ||
      (address === selectedAddress && this.selected)
    );
  }

  /** A changed frame count bit asks for the next telegram, the same one for the last again. */
  private data(count: boolean): Uint8Array {
    const telegrams = this.meter.telegrams();
    if (this.count === null) {
      this.telegram = 0;
    } else if (this.count !== count) {
      this.telegram = (this.telegram + 1) % telegrams.length;
    }
    this.count = count;
    return longFrame(rspUd, this.meter.primary, telegrams[this.telegram]!)!;
  }
}
