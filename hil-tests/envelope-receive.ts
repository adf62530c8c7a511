/** How a gateway would receive a frame if the same root key stood behind every kid: what is refused here is refused by its tag. */
import { nodeCrypto } from "../protocols/crypto-node.ts";
import { deriveSession, open, parseAny, type SessionOrder } from "../protocols/envelope.ts";
import { type Fault, isFault } from "../protocols/fault.ts";

/** A device for tests, the one that protocols/README.md takes its frame from. */
export const order: SessionOrder = {
  root: Uint8Array.from({ length: 32 }, (_, i) => i),
  deployment: "paderborn",
  kid: 4711,
  epoch: 300,
  alg: 0,
  direction: "up",
};

/** The payload or the first Fault. Kid, epoch and algorithm are those that the frame claims, not those of `order`. */
export function receive(order: SessionOrder, frame: Uint8Array): Uint8Array | Fault {
  const header = parseAny(frame);
  if (isFault(header)) {
    return header;
  }
  const { kid, epoch, alg } = header;
  return open(deriveSession(nodeCrypto, { ...order, kid, epoch, alg }), header, frame);
}

/** "accepted", or the code of the Fault. */
export function verdict(order: SessionOrder, frame: Uint8Array): string {
  const payload = receive(order, frame);
  return isFault(payload) ? payload.fault : "accepted";
}
