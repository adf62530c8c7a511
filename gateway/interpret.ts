/** What an authentic message says, checked as far as this gateway can: the last step before it is stored. */
import { type Fault, fault, isFault } from "../protocols/fault.ts";
import { decodeUp, type UpMessage } from "../protocols/message.ts";
import { decodePack, packShapeId } from "../protocols/pack.ts";
import { isPersonal } from "../protocols/shape.ts";
import type { Shapes } from "./shapes.ts";

export interface Meaning {
  /** A pack that could be read comes without its value: what waits for the disk must not hold what nobody asks for again. */
  readonly message: UpMessage;
  /** Id of a pack's shape. */
  readonly shape: string | null;
  /** The same, where the pack waits for it; null where nothing is missing. */
  readonly awaits: string | null;
  /** Rows of readings, 0 for what is no pack or not yet readable. */
  readonly rows: number;
}

/** The meaning of a message's CBOR, or the Fault that makes it unusable though authentic. */
export function interpret(body: Uint8Array, encrypted: boolean, shapes: Shapes): Meaning | Fault {
  const message = decodeUp(body);
  if (isFault(message)) {
    return message;
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
    return shapes.mayPark
      ? { message: read, shape: id, awaits: id, rows: 0 }
      : fault("unknown-shape", `shape ${id} is unknown and no more packs may wait for theirs`);
  }
  const pack = decodePack(message.value, shape);
  if (isFault(pack)) {
    return pack;
  }
  if (!encrypted && isPersonal(shape)) {
    return fault(
      "not-allowed",
      "personal readings came unencrypted; give the device a board with AES, or sensors without personal readings",
    );
  }
  return { message: read, shape: id, awaits: null, rows: pack.rows.length };
}

const read: UpMessage = { type: "pack", value: null };
