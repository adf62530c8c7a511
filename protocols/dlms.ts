import { toHex } from "./bytes.ts";
import { notification, notificationLength, readApdu } from "./dlms-apdu.ts";
import { isSealed, sealedLength } from "./dlms-security.ts";
import {
  BlockSeries,
  blockLength,
  hasLlc,
  isBlock,
  type Joined,
  SegmentSeries,
  withoutLlc,
} from "./dlms-series.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import { flag, hdlcAt, hdlcMax } from "./hdlc.ts";
import { type LineResult, LineWindow } from "./line-window.ts";
import { frameAt, startLong } from "./mbus-frame.ts";
import type { MeterDecoder, MeterKeys, MeterLanguage } from "./meter.ts";

/** DLMS/COSEM as meters push it at customers' interfaces in Austria, Switzerland, Luxembourg, Norway: in HDLC, M-Bus frames, or bare. */
export const dlms: MeterLanguage = {
  name: "dlms",
  title: "DLMS/COSEM push",
  standard: "IEC 62056-5-3, IEC 62056-6-2, IEC 62056-46 and EN 13757-3",
  line: { baud: 2400, dataBits: 8, parity: "even", stopBits: 1 },
  decoder: function (keys) {
    return new DlmsDecoder(keys === undefined ? null : keys);
  },
};

const bufferMax = 2 * hdlcMax;
/** Longest bare APDU: its end shows only when it is read, so it is read anew as it grows. */
const bareMax = 2048;
const mbusUser = 6; // bytes of a long frame before its CI field
const mbusPorts = 3; // CI field, source and destination port
const finalSegment = 0x10; // of the CI field

/**
 * Bare APDUs are taken where a line begins with one, and directly behind one another. Elsewhere they are not looked for: what begins
 * inside a frame with a wrong checksum must give no reading.
 */
class DlmsDecoder implements MeterDecoder {
  private readonly keys: MeterKeys | null;
  private readonly line = new LineWindow(bufferMax, (at, ended) => this.take(at, ended));
  private isBare = true;
  private inNoise = false;
  private readonly segments = new SegmentSeries();
  private readonly blocks = new BlockSeries();
  /** Where the series began that is being put together. */
  private start = 0;

  constructor(keys: MeterKeys | null) {
    this.keys = keys;
  }

  push(bytes: Uint8Array): readonly LineResult[] {
    return this.line.push(bytes);
  }

  end(): readonly LineResult[] {
    return this.line.end(() => {
      this.breakOff();
      this.isBare = true;
      this.inNoise = false;
    });
  }

  /** Takes what begins at `at` and gives its length; 0 where more bytes are needed to tell. */
  private take(at: number, ended: boolean): number {
    const first = this.line.bytes[at];
    if (first === flag) {
      return this.takeHdlc(at, ended);
    }
    if (first === startLong) {
      return this.takeMbus(at, ended);
    }
    return this.isBare && isBareStart(this.line.bytes.subarray(at, at + 1))
      ? this.takeBare(at, ended)
      : this.noise(at);
  }

  private takeHdlc(at: number, ended: boolean): number {
    this.isBare = false;
    const found = hdlcAt(this.line.bytes, at, this.line.filled);
    if (found.kind === "more") {
      return ended ? this.unfinished(at) : 0;
    }
    if (found.kind === "none") {
      // The flag may close the frame before: it is not noise.
      return 1;
    }
    this.inNoise = false;
    if (found.kind === "bad") {
      this.damaged(at, found.fault);
      return 1;
    }
    if (found.information.length === 0) {
      return found.length;
    }
    const begins = hasLlc(found.information);
    const address = toHex(found.addresses);
    if (begins) {
      this.begin(at);
    }
    if (!begins && !this.segments.waiting && isBlock(found.information)) {
      this.apdu(at, found.information);
      return found.length;
    }
    const data = begins ? withoutLlc(found.information) : found.information;
    this.joined(at, this.segments.add(address, begins ? 0 : -1, !found.segmented, data));
    return found.length;
  }

  private takeMbus(at: number, ended: boolean): number {
    const found = frameAt(this.line.bytes, at, this.line.filled);
    if (found.kind === "more") {
      return ended ? this.unfinished(at) : 0;
    }
    if (found.kind !== "long") {
      if (found.kind === "bad") {
        this.isBare = false;
        this.damaged(at, found.fault);
        return 1;
      }
      return this.noise(at);
    }
    this.isBare = false;
    this.inNoise = false;
    const control = this.line.bytes[at + mbusUser];
    const data = at + mbusUser + mbusPorts;
    const to = at + found.length - 2;
    if (control > 0x1f || data >= to) {
      this.damaged(at, fault("unsupported", "an M-Bus frame that carries no DLMS"));
      return found.length;
    }
    const address =
      toHex(this.line.bytes.subarray(at + 4, at + mbusUser)) +
      toHex(this.line.bytes.subarray(data - 2, data));
    const index = control & 15;
    if (index === 0) {
      this.begin(at);
    }
    const piece = new Uint8Array(this.line.bytes.subarray(data, to));
    this.joined(at, this.segments.add(address, index, (control & finalSegment) !== 0, piece));
    return found.length;
  }

  /** An APDU without a frame. */
  private takeBare(at: number, ended: boolean): number {
    const bytes = this.line.bytes.subarray(at, this.line.filled);
    const length = bareLength(bytes);
    const isCut = isFault(length)
      ? length.fault === "truncated" && bytes.length < bareMax
      : length > bytes.length && length <= bareMax;
    if (isCut) {
      return ended ? this.unfinished(at) : 0;
    }
    if (isFault(length) || length > bareMax) {
      return this.noise(at);
    }
    this.start = this.line.base + at;
    const apdu = new Uint8Array(bytes.subarray(0, length));
    this.apdu(at, apdu);
    return length;
  }

  /** A new series; what was being put together stays without its end. */
  private begin(at: number): void {
    if (this.segments.waiting) {
      this.segments.drop();
      this.blocks.drop();
      this.line.bad(this.start, fault("truncated", "the last segments of the telegram did not come"));
    }
    if (!this.blocks.waiting) {
      this.start = this.line.base + at;
    }
  }

  private joined(at: number, result: Joined): void {
    if (result === null) {
      return;
    }
    if (isFault(result)) {
      this.line.bad(this.line.base + at, result);
    } else {
      this.apdu(at, result);
    }
  }

  private apdu(at: number, apdu: Uint8Array): void {
    if (!isBlock(apdu)) {
      if (this.blocks.waiting) {
        this.blocks.drop();
        this.line.bad(this.start, fault("truncated", "the last blocks of the telegram did not come"));
        this.start = this.line.base + at;
      }
      this.read(apdu);
      return;
    }
    const whole = this.blocks.add(apdu);
    if (whole === null) {
      return;
    }
    if (isFault(whole)) {
      this.line.bad(this.line.base + at, whole);
    } else {
      this.read(whole);
    }
  }

  private read(apdu: Uint8Array): void {
    const content = readApdu(apdu, this.keys);
    if (isFault(content)) {
      this.line.bad(this.start, content);
      return;
    }
    const telegram = { offset: this.start, meter: content.meter, readings: content.readings };
    const quality =
      content.quality !== null ? content.quality : this.isBare && !isSealed(apdu) ? "unchecked" : null;
    this.line.add(
      quality === null
        ? telegram
        : { offset: telegram.offset, meter: telegram.meter, readings: telegram.readings, quality: quality },
    );
  }

  /** A frame that is bad takes the series it belongs to with it. */
  private damaged(at: number, why: Fault): void {
    this.segments.drop();
    this.blocks.drop();
    this.line.bad(this.line.base + at, why);
  }

  private unfinished(at: number): number {
    if (this.line.filled - at > 2) {
      this.damaged(at, fault("truncated", "the bytes stop inside a frame"));
    }
    return 1;
  }

  /** Bytes that belong to nothing; one fault for a whole stretch. Between the pieces of a series they end it. */
  private noise(at: number): number {
    this.isBare = false;
    if (!this.inNoise) {
      this.damaged(at, fault("syntax", "no frame and no APDU of a DLMS meter begins here"));
    }
    this.inNoise = true;
    return 1;
  }

  private breakOff(): void {
    if (this.segments.waiting || this.blocks.waiting) {
      this.segments.drop();
      this.blocks.drop();
      this.line.bad(this.start, fault("truncated", "the bytes stop before the last piece of the telegram"));
    }
  }
}

function isBareStart(bytes: Uint8Array): boolean {
  return bytes[0] === notification || isSealed(bytes) || isBlock(bytes);
}

/** Length of the APDU that begins the bytes, as far as they tell. */
function bareLength(bytes: Uint8Array): number | Fault {
  if (isSealed(bytes)) {
    return sealedLength(bytes);
  }
  if (isBlock(bytes)) {
    return blockLength(bytes);
  }
  return notificationLength(bytes);
}
