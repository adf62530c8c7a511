import { crcX25 } from "./crc.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { type LineResult, LineWindow } from "./line-window.ts";
import type { MeterDecoder, MeterKeys, MeterLanguage } from "./meter.ts";
import { wmbus } from "./wmbus.ts";

/** How a USB receiver hands telegrams out: "plain" from their L field on, one behind the other; the others each in a frame of its own. */
export type ReceiverName = "plain" | "im871a" | "amber" | "amber-rssi";

export const receiverNames: readonly ReceiverName[] = ["plain", "im871a", "amber", "amber-rssi"];

/** One kind of frame. Bytes are looked at from `at` to `to`. */
interface Framing {
  /** First byte of every frame. */
  readonly start: number;
  /** Length of the frame that begins at `at`; 0 where more bytes are needed to tell, -1 where none begins. */
  length(bytes: Uint8Array, at: number, to: number): number;
  /** The telegram in a whole frame, from its C field on; null in what is an answer to somebody's command; a Fault where the check fails. */
  content(frame: Uint8Array): Uint8Array | Fault | null;
}

/** Length of the head of both kinds: start, two bytes that say what it is, length of the content. */
const headLength = 4;
/** Head, 255 bytes, time stamp, field strength, checksum. */
const frameMax = headLength + 255 + 7;
/** A telegram from its C field on is no longer than its L field can say. */
const contentMax = 255;

/** IMST: WMBus Studio and the HCI of iM871A, V1.6 §2: a5, control and endpoint, message, length, content, what control says comes behind it. */
const hciStart = 0xa5;
const hciRadio = 0x02; // endpoint "radio link"
const hciTelegram = 0x03; // a telegram was received
const hciTime = 0x20; // four bytes of time stamp follow
const hciStrength = 0x40; // one byte of field strength follows
const hciChecked = 0x80; // two bytes of CRC-16/X-25 follow, low one first, over all from control on
const endpointLast = 4;

const im871a: Framing = {
  start: hciStart,
  length(bytes, at, to) {
    if (to - at < headLength) {
      return 0;
    }
    const control = bytes[at + 1];
    const endpoint = control & 0x0f;
    return endpoint === 0 || endpoint > endpointLast ? -1 : headLength + bytes[at + 3] + tailOf(control);
  },
  content(frame) {
    const control = frame[1];
    const end = frame.length - 2;
    if ((control & hciChecked) !== 0 && crcX25(frame, 1, end) !== frame[end] + 256 * frame[end + 1]) {
      return fault("checksum", "the CRC of the receiver's frame does not fit");
    }
    return (control & 0x0f) === hciRadio && frame[2] === hciTelegram
      ? frame.subarray(headLength, headLength + frame[3])
      : null;
  },
};

function tailOf(control: number): number {
  return (
    ((control & hciTime) === 0 ? 0 : 4) +
    ((control & hciStrength) === 0 ? 0 : 1) +
    ((control & hciChecked) === 0 ? 0 : 2)
  );
}

/** Amber, today Würth (Manual AMB8426-M 2.4 §2.2, AMB8465-M alike): ff, command, length, content, XOR of all before. */
const amberStart = 0xff;
const amberTelegram = 0x03; // CMD_DATA_IND
/** Confirmations carry this bit beside the command's own. */
const amberConfirmed = 0x80;
const amberCommandLast = 0x52;

/** `strength`: the last byte of the content is the field strength, as the receiver's parameter RSSI_Enable wants. */
function amber(strength: boolean): Framing {
  return {
    start: amberStart,
    length(bytes, at, to) {
      if (to - at < headLength - 1) {
        return 0;
      }
      return (bytes[at + 1] & ~amberConfirmed) > amberCommandLast ? -1 : headLength + bytes[at + 2];
    },
    content(frame) {
      let sum = 0;
      for (let i = 0; i < frame.length; i++) {
        sum ^= frame[i];
      }
      if (sum !== 0) {
        return fault("checksum", "the checksum of the receiver's frame does not fit");
      }
      return frame[1] === amberTelegram
        ? frame.subarray(headLength - 1, frame.length - (strength ? 2 : 1))
        : null;
    },
  };
}

/** A receiver: its frames, null for none, and the speed with which it leaves the factory. */
interface Receiver {
  readonly name: ReceiverName;
  readonly framing: Framing | null;
  readonly baud: number;
}

const receivers: readonly Receiver[] = [
  { name: "plain", framing: null, baud: 57600 },
  { name: "im871a", framing: im871a, baud: 57600 },
  { name: "amber", framing: amber(false), baud: 9600 },
  { name: "amber-rssi", framing: amber(true), baud: 9600 },
];

/** Wireless M-Bus as a receiver of this name hands it out; a name that is none means plainly. */
export function wmbusBehind(name: string): MeterLanguage {
  const found = receivers.filter((receiver) => receiver.name === name);
  const framing = found.length === 0 ? null : found[0].framing;
  return framing === null
    ? wmbus
    : Object.assign({}, wmbus, {
        line: Object.assign({}, wmbus.line, { baud: found[0].baud }),
        decoder: (keys?: MeterKeys): MeterDecoder => new FramedDecoder(framing, wmbus.decoder(keys)),
      });
}

/** Takes telegrams out of a receiver's frames. What lies between frames is reported once for each stretch; one inside a bad frame is found. */
class FramedDecoder implements MeterDecoder {
  private readonly framing: Framing;
  private readonly telegrams: MeterDecoder;
  private readonly line = new LineWindow(2 * frameMax, (at, ended) => this.take(at, ended));
  private inNoise = false;

  constructor(framing: Framing, telegrams: MeterDecoder) {
    this.framing = framing;
    this.telegrams = telegrams;
  }

  push(bytes: Uint8Array): readonly LineResult[] {
    return this.line.push(bytes);
  }

  end(): readonly LineResult[] {
    return this.line.end(() => {
      this.inNoise = false;
    });
  }

  /** Bytes that are done with at `at`; 0 where more are needed. */
  private take(at: number, ended: boolean): number {
    const begins = this.line.bytes[at] === this.framing.start;
    const length = begins ? this.framing.length(this.line.bytes, at, this.line.filled) : -1;
    if (length < 0) {
      return this.noise(at, fault("syntax", "bytes outside the receiver's frames: is it another receiver?"));
    }
    if (length === 0 || at + length > this.line.filled) {
      return ended ? this.noise(at, fault("truncated", "the bytes stop within the receiver's frame")) : 0;
    }
    const content = this.framing.content(this.line.bytes.subarray(at, at + length));
    if (isFault(content)) {
      return this.noise(at, content);
    }
    this.inNoise = false;
    if (content !== null && content.length > 0 && content.length <= contentMax) {
      this.open(at, content);
    }
    return length;
  }

  /** The telegram gets back the L field that the receiver's length stands for. */
  private open(at: number, content: Uint8Array): void {
    const telegram = new Uint8Array(1 + content.length);
    telegram[0] = content.length;
    telegram.set(content, 1);
    const offset = { offset: this.line.base + at };
    this.telegrams
      .push(telegram)
      .concat(this.telegrams.end())
      .forEach((result) => {
        this.line.add(Object.assign({}, result, offset));
      });
  }

  private noise(at: number, why: Fault): number {
    if (!this.inNoise || why.fault === "checksum") {
      this.line.bad(this.line.base + at, why);
    }
    this.inNoise = true;
    return 1;
  }
}

/** A telegram, given from its L field on, as this receiver frames it; for simulators and tests. */
export function framedBy(receiver: ReceiverName, telegram: Uint8Array): Uint8Array {
  const content = telegram.subarray(1);
  if (receiver === "plain") {
    return telegram;
  }
  return receiver === "im871a" ? hciFrame(content) : amberFrame(content, receiver === "amber-rssi");
}

const strengthExample = 0x9c;

/** With field strength and CRC, as the stick is set by most programs. */
function hciFrame(content: Uint8Array): Uint8Array {
  const control = hciRadio | hciStrength | hciChecked;
  const frame = new Uint8Array(headLength + content.length + tailOf(control));
  frame.set([hciStart, control, hciTelegram, content.length], 0);
  frame.set(content, headLength);
  const end = frame.length - 2;
  frame[end - 1] = strengthExample;
  const crc = crcX25(frame, 1, end);
  frame.set([crc & 0xff, crc >> 8], end);
  return frame;
}

function amberFrame(content: Uint8Array, strength: boolean): Uint8Array {
  const length = content.length + (strength ? 1 : 0);
  const frame = new Uint8Array(headLength + length);
  frame.set([amberStart, amberTelegram, length], 0);
  frame.set(content, headLength - 1);
  if (strength) {
    frame[frame.length - 2] = strengthExample;
  }
  for (let i = 0; i < frame.length - 1; i++) {
    frame[frame.length - 1] ^= frame[i];
  }
  return frame;
}
