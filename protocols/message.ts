import { fromHex, toHex } from "./bytes.ts";
import {
  type CborMap,
  type CborValue,
  decodeDeterministicCbor,
  encodeCbor,
  field,
  headLength,
  isArray,
  isBytes,
  isMap,
  isUint,
  writeHead,
} from "./cbor.ts";
import { type Fault, fault, isFault } from "./fault.ts";

/**
 * What stands inside the envelope: one CBOR array `[type, ...]` per message, up from the device or down from the gateway.
 * Each message has exactly one encoding; what is not said here is refused, not skipped. Ranges of Partial IVs (PIVs) travel as
 * one flat array `[from, to, from, to, ...]`.
 */

/** Inclusive, ascending, disjoint; at most `rangesMax`. */
export type Ranges = readonly (readonly [number, number])[];

/** Up 0, `[0, {...}]`: the first message of each epoch. Keys as here, shape ids as 4-byte strings. */
export interface Hello {
  readonly type: "hello";
  readonly firmware: string;
  readonly board: string;
  /** Shape ids, 8 lower-case hex digits each; at most `shapesMax`. */
  readonly shapes: readonly string[];
  readonly bootReason: string;
  /** Seconds since boot. */
  readonly uptime: number;
  /** The epoch before this one and the last PIV it sealed; null where the device does not know. */
  readonly previousEpoch: number | null;
  readonly lastPiv: number | null;
  /** Rows lost before they were sealed, since installation as far as the device remembers. */
  readonly rowsDropped: number;
}

/** Up 1: the whole array, read by pack.ts. */
export interface PackMessage {
  readonly type: "pack";
  readonly value: CborValue;
}

/** Up 2, `[2, ranges, reason]`: messages that were sealed and then given up. */
export interface Dropped {
  readonly type: "dropped";
  readonly ranges: Ranges;
  readonly reason: string;
}

/** Up 3, `[3, {uptime, rowsDropped, outbox: {frames, bytes, bytesMax}, faults: {code: count}}]`. */
export interface Status {
  readonly type: "status";
  /** Seconds since boot. */
  readonly uptime: number;
  readonly rowsDropped: number;
  readonly outbox: { readonly frames: number; readonly bytes: number; readonly bytesMax: number };
  /** Count by fault code since boot; in any order here, sorted on the wire. At most `faultsMax`. */
  readonly faults: readonly (readonly [string, number])[];
}

/** Up 4, `[4, shape]`, read by shape.ts. */
export interface ShapeMessage {
  readonly type: "shape";
  readonly shape: CborValue;
}

/** Up 5, `[5]`: asks for the time; the answer names this message's PIV. A hello asks by itself. */
export interface TimeRequest {
  readonly type: "time-request";
}

export type UpMessage = Hello | PackMessage | Dropped | Status | ShapeMessage | TimeRequest;

/** Down 0, `[0, device epoch, ranges]`: these PIVs are on disk. */
export interface Ack {
  readonly type: "ack";
  readonly deviceEpoch: number;
  readonly ranges: Ranges;
}

/** Down 1, `[1, device epoch, PIV, fault code]`: authentic but unusable; stored as a fault, so not to be sent again. */
export interface Nack {
  readonly type: "nack";
  readonly deviceEpoch: number;
  readonly piv: number;
  readonly code: string;
}

/** Down 2, `[2, device epoch, PIV of the hello or time request, unix ms]`. */
export interface TimeAnswer {
  readonly type: "time";
  readonly deviceEpoch: number;
  readonly answers: number;
  /** Unix time in milliseconds. */
  readonly unix: number;
}

/** Down 3, `[3, device epoch, name, arguments]`. */
export interface Command {
  readonly type: "command";
  readonly deviceEpoch: number;
  readonly name: CommandName;
  readonly arguments: CborValue;
}

export type CommandName = "interval" | "identify" | "restart" | "send-shape";

export type DownMessage = Ack | Nack | TimeAnswer | Command;

export const rangesMax = 64;
export const shapesMax = 32;
export const faultsMax = 64;
/** Characters of a text in a message. */
export const textMax = 64;
export const epochMax = 65535;
export const pivMax = 4294967295;

const countMax = 9007199254740991;
const commandNames: readonly CommandName[] = ["identify", "interval", "restart", "send-shape"];

export function encodeUp(message: UpMessage): Uint8Array {
  switch (message.type) {
    case "hello":
      return encodeCbor([0, helloMap(message)]);
    case "pack":
      return encodeCbor(message.value);
    case "dropped":
      return encodeCbor([2, flat(message.ranges), message.reason]);
    case "status":
      return encodeCbor([3, statusMap(message)]);
    case "shape":
      return encodeCbor([4, message.shape]);
    case "time-request":
      return encodeCbor([5]);
  }
}

/** Faults: those of decodeCbor; "syntax" and "limit" for another form; "unsupported" for a type that is not known here. */
export function decodeUp(bytes: Uint8Array): UpMessage | Fault {
  const value = decodeDeterministicCbor(bytes);
  if (isFault(value)) {
    return value;
  }
  if (!isArray(value) || value.length === 0) {
    return refused("a message");
  }
  switch (value[0]) {
    case 0:
      return value.length === 2 && isMap(value[1]) ? readHello(value[1]) : refused("a hello");
    case 1:
      return { type: "pack", value: value };
    case 2:
      return readDropped(value);
    case 3:
      return value.length === 2 && isMap(value[1]) ? readStatus(value[1]) : refused("a status");
    case 4:
      return value.length === 2 ? { type: "shape", shape: value[1] } : refused("a shape message");
    case 5:
      return value.length === 1 ? { type: "time-request" } : refused("a time request");
  }
  return fault("unsupported", "a message of a type that is not known here");
}

export function encodeDown(message: DownMessage): Uint8Array {
  switch (message.type) {
    case "ack":
      return encodeAck(message);
    case "nack":
      return encodeCbor([1, message.deviceEpoch, message.piv, message.code]);
    case "time":
      return encodeCbor([2, message.deviceEpoch, message.answers, message.unix]);
    case "command":
      return encodeCbor([3, message.deviceEpoch, message.name, message.arguments]);
  }
}

/** Faults as those of decodeUp. */
export function decodeDown(bytes: Uint8Array): DownMessage | Fault {
  const value = decodeDeterministicCbor(bytes);
  if (isFault(value)) {
    return value;
  }
  if (!isArray(value) || !isUint(value[1], epochMax)) {
    return refused("a message");
  }
  switch (value[0]) {
    case 0:
      return readAck(value, value[1]);
    case 1:
      return readNack(value, value[1]);
    case 2:
      return readTime(value, value[1]);
    case 3:
      return readCommand(value, value[1]);
  }
  return fault("unsupported", "a message of a type that is not known here");
}

/** The one message that is written for every group commit of every device, so without values in between. */
function encodeAck(ack: Ack): Uint8Array {
  const ranges = ack.ranges;
  let length = 2 + headLength(ack.deviceEpoch) + headLength(2 * ranges.length);
  for (let i = 0; i < ranges.length; i++) {
    length += headLength(ranges[i][0]) + headLength(ranges[i][1]);
  }
  const bytes = new Uint8Array(length);
  let at = writeHead(bytes, 0, 4, 3);
  at = writeHead(bytes, at, 0, 0);
  at = writeHead(bytes, at, 0, ack.deviceEpoch);
  at = writeHead(bytes, at, 4, 2 * ranges.length);
  for (let i = 0; i < ranges.length; i++) {
    at = writeHead(bytes, at, 0, ranges[i][0]);
    at = writeHead(bytes, at, 0, ranges[i][1]);
  }
  return bytes;
}

function helloMap(hello: Hello): CborMap {
  const shapes: CborValue[] = [];
  for (let i = 0; i < hello.shapes.length; i++) {
    shapes.push(fromHex(hello.shapes[i]));
  }
  return {
    pairs: [
      ["board", hello.board],
      ["shapes", shapes],
      ["uptime", hello.uptime],
      ["lastPiv", hello.lastPiv],
      ["firmware", hello.firmware],
      ["bootReason", hello.bootReason],
      ["rowsDropped", hello.rowsDropped],
      ["previousEpoch", hello.previousEpoch],
    ],
  };
}

function readHello(map: CborMap): Hello | Fault {
  const firmware = field(map, "firmware");
  const board = field(map, "board");
  const shapes = readShapes(field(map, "shapes"));
  const bootReason = field(map, "bootReason");
  const uptime = field(map, "uptime");
  const previousEpoch = field(map, "previousEpoch");
  const lastPiv = field(map, "lastPiv");
  const rowsDropped = field(map, "rowsDropped");
  if (
    map.pairs.length !== 8 ||
    !isText(firmware) ||
    !isText(board) ||
    shapes === null ||
    !isText(bootReason) ||
    !isUint(uptime, countMax) ||
    !isUintOrNull(previousEpoch, epochMax) ||
    !isUintOrNull(lastPiv, pivMax) ||
    !isUint(rowsDropped, countMax)
  ) {
    return refused("a hello");
  }
  return { type: "hello", firmware, board, shapes, bootReason, uptime, previousEpoch, lastPiv, rowsDropped };
}

/** Shape ids as hex digits; null for anything else. */
function readShapes(value: CborValue | undefined): string[] | null {
  if (!isArray(value) || value.length > shapesMax) {
    return null;
  }
  const shapes: string[] = [];
  for (let i = 0; i < value.length; i++) {
    const id = value[i];
    if (!isBytes(id) || id.length !== 4) {
      return null;
    }
    shapes.push(toHex(id));
  }
  return shapes;
}

function readDropped(value: readonly CborValue[]): Dropped | Fault {
  const ranges = readRanges(value[1]);
  const reason = value[2];
  if (value.length !== 3 || ranges === null || !isText(reason)) {
    return refused("a message on dropped ones");
  }
  return { type: "dropped", ranges: ranges, reason: reason };
}

function statusMap(status: Status): CborMap {
  const outbox = status.outbox;
  return {
    pairs: [
      ["faults", { pairs: status.faults }],
      [
        "outbox",
        {
          pairs: [
            ["bytes", outbox.bytes],
            ["frames", outbox.frames],
            ["bytesMax", outbox.bytesMax],
          ],
        },
      ],
      ["uptime", status.uptime],
      ["rowsDropped", status.rowsDropped],
    ],
  };
}

function readStatus(map: CborMap): Status | Fault {
  const uptime = field(map, "uptime");
  const rowsDropped = field(map, "rowsDropped");
  const outbox = readOutbox(field(map, "outbox"));
  const faults = readFaults(field(map, "faults"));
  if (
    map.pairs.length !== 4 ||
    !isUint(uptime, countMax) ||
    !isUint(rowsDropped, countMax) ||
    outbox === null ||
    faults === null
  ) {
    return refused("a status");
  }
  return { type: "status", uptime: uptime, rowsDropped: rowsDropped, outbox: outbox, faults: faults };
}

function readOutbox(map: CborValue | undefined): Status["outbox"] | null {
  if (!isMap(map) || map.pairs.length !== 3) {
    return null;
  }
  const frames = field(map, "frames");
  const bytes = field(map, "bytes");
  const bytesMax = field(map, "bytesMax");
  if (!isUint(frames, countMax) || !isUint(bytes, countMax) || !isUint(bytesMax, countMax)) {
    return null;
  }
  return { frames: frames, bytes: bytes, bytesMax: bytesMax };
}

function readFaults(map: CborValue | undefined): Status["faults"] | null {
  if (!isMap(map) || map.pairs.length > faultsMax) {
    return null;
  }
  const faults: (readonly [string, number])[] = [];
  for (let i = 0; i < map.pairs.length; i++) {
    const code = map.pairs[i][0];
    const count = map.pairs[i][1];
    if (!isText(code) || !isUint(count, countMax)) {
      return null;
    }
    faults.push([code, count]);
  }
  return faults;
}

function readAck(value: readonly CborValue[], deviceEpoch: number): Ack | Fault {
  const ranges = readRanges(value[2]);
  if (value.length !== 3 || ranges === null) {
    return refused("an acknowledgement");
  }
  return { type: "ack", deviceEpoch: deviceEpoch, ranges: ranges };
}

function readNack(value: readonly CborValue[], deviceEpoch: number): Nack | Fault {
  const piv = value[2];
  const code = value[3];
  if (value.length !== 4 || !isUint(piv, pivMax) || !isText(code)) {
    return refused("a refusal");
  }
  return { type: "nack", deviceEpoch: deviceEpoch, piv: piv, code: code };
}

function readTime(value: readonly CborValue[], deviceEpoch: number): TimeAnswer | Fault {
  const answers = value[2];
  const unix = value[3];
  if (value.length !== 4 || !isUint(answers, pivMax) || !isUint(unix, countMax)) {
    return refused("a time answer");
  }
  return { type: "time", deviceEpoch: deviceEpoch, answers: answers, unix: unix };
}

function readCommand(value: readonly CborValue[], deviceEpoch: number): Command | Fault {
  const name = commandName(value[2]);
  if (value.length !== 4 || name === null) {
    return refused("a command");
  }
  return { type: "command", deviceEpoch: deviceEpoch, name: name, arguments: value[3] };
}

function commandName(value: CborValue | undefined): CommandName | null {
  for (let i = 0; i < commandNames.length; i++) {
    if (commandNames[i] === value) {
      return commandNames[i];
    }
  }
  return null;
}

function flat(ranges: Ranges): number[] {
  const ends: number[] = [];
  for (let i = 0; i < ranges.length; i++) {
    ends.push(ranges[i][0], ranges[i][1]);
  }
  return ends;
}

function readRanges(value: CborValue | undefined): Ranges | null {
  if (!isArray(value) || value.length % 2 !== 0 || value.length > 2 * rangesMax) {
    return null;
  }
  const ranges: (readonly [number, number])[] = [];
  let last = -1;
  for (let i = 0; i < value.length; i += 2) {
    const from = value[i];
    const to = value[i + 1];
    if (!isUint(from, pivMax) || !isUint(to, pivMax) || from <= last || to < from) {
      return null;
    }
    ranges.push([from, to]);
    last = to;
  }
  return ranges;
}

function isText(value: CborValue | undefined): value is string {
  return typeof value === "string" && value.length <= textMax;
}

function isUintOrNull(value: CborValue | undefined, most: number): value is number | null {
  return value === null || isUint(value, most);
}

function refused(what: string): Fault {
  return fault("syntax", "not the form of " + what);
}
