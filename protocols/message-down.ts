import {
  type CborValue,
  decodeDeterministicCbor,
  encodeCbor,
  headLength,
  isArray,
  isUint,
  writeHead,
} from "./cbor.ts";
import { type Fault, fault, isFault } from "./fault.ts";
import type { Ack, Command, CommandName, DownMessage, Nack, TimeAnswer } from "./message.ts";
import { countMax, epochMax, isText, pivMax, readRanges, refused } from "./message-form.ts";

/** The messages from the gateway, both directions of the codec: message.ts says what they are. */

const commandNames: readonly CommandName[] = ["identify", "interval", "restart", "send-shape"];

/** The one encoding of a message, as encodeUp. */
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
