import { fromHex, toHex } from "./bytes.ts";
import {
  type CborMap,
  type CborValue,
  decodeDeterministicCbor,
  encodeCbor,
  field,
  isArray,
  isBytes,
  isMap,
  isUint,
} from "./cbor.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { Dropped, Hello, Status, UpMessage } from "./message.ts";
import {
  countMax,
  epochMax,
  flat,
  isText,
  isUintOrNull,
  pivMax,
  readRanges,
  refused,
} from "./message-form.ts";

/** The messages from a device, both directions of the codec: message.ts says what they are. */

const shapesMax = 32;
const faultsMax = 64;

/** The one encoding of a message. Lengths and ranges are the caller's to keep: a decoder refuses what passes them. */
export function encodeUp(message: UpMessage): Uint8Array {
  switch (message.type) {
    case "hello":
      return encodeCbor([0, helloMap(message)]);
    case "pack":
      return encodeCbor(message.value);
    case "dropped":
      return encodeCbor(
        message.epoch === null
          ? [2, flat(message.ranges), message.reason]
          : [2, flat(message.ranges), message.reason, message.epoch],
      );
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
  const epoch = value.length === 4 ? value[3] : null;
  if (
    value.length > 4 ||
    ranges === null ||
    !isText(reason) ||
    (value.length === 4 && !isUint(epoch, epochMax))
  ) {
    return refused("a message on dropped ones");
  }
  return { type: "dropped", ranges: ranges, reason: reason, epoch: isUint(epoch, epochMax) ? epoch : null };
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
