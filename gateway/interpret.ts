/** What an authentic message says, checked as far as this gateway can: the last step before it is stored. */
import { algCcm } from "../protocols/envelope.ts";
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { decodeUp, type UpMessage } from "../protocols/message.ts";
import { checkPack, packShapeId } from "../protocols/pack.ts";
import { isPersonal } from "../protocols/shape.ts";
import type { DeviceEntry } from "./registry/registry.ts";
import type { Shapes } from "./shapes.ts";

export interface Meaning {
  /** A pack that could be read comes without its value: what waits for the disk must not hold what nobody asks for again. */
  readonly message: UpMessage;
  /** Id of the shape that a pack has, or that a message says. */
  readonly shape: string | null;
  /** The same, where the pack waits for it to be known and safe; null where nothing is missing. */
  readonly awaits: string | null;
  /** Rows of readings, 0 for what is no pack or not yet readable. */
  readonly rows: number;
}

/** The meaning of a message's CBOR, or the Fault that makes it unusable though authentic. */
export function interpret(
  body: Uint8Array,
  { kid, alg }: Pick<DeviceEntry, "kid" | "alg">,
  shapes: Shapes,
): Meaning | Fault {
  const message = decodeUp(body);
  if (isFault(message)) {
    return message;
  }
  if (message.type === "shape") {
    const id = shapes.admit(message.shape, kid);
    return isFault(id) ? id : { message, shape: id, awaits: null, rows: 0 };
  }
  if (message.type !== "pack") {
    return { message, shape: null, awaits: null, rows: 0 };
  }
  const id = packShapeId(message.value);
  if (isFault(id)) {
    return id;
  }
  const shape = shapes.get(id);
  if (shape === null) {
    return { message: read, shape: id, awaits: id, rows: 0 };
  }
  const size = checkPack(message.value, shape);
  if (isFault(size)) {
    return size;
  }
  if (alg !== algCcm && isPersonal(shape)) {
    return fault(
      "not-allowed",
      "personal readings came unencrypted; give the device a board with AES, or sensors without personal readings",
    );
  }
  // A shape that lies in one ring only is one damaged block away from being unknown.
  return { message: read, shape: id, awaits: shapes.isSafe(id) ? null : id, rows: size.rows };
}

/** Id of the shape of a pack that is parked; null for what is no pack. */
export function shapeOfParked(body: Uint8Array): string | null {
  const message = decodeUp(body);
  const id = isFault(message) || message.type !== "pack" ? message : packShapeId(message.value);
  return typeof id === "string" ? id : null;
}

const read: UpMessage = { type: "pack", value: null };
