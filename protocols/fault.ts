/**
 * A Fault is an expected failure: bad bytes, a busy bus, a dead broker. It is returned, never thrown, and every code is a
 * counter in health. What a code means to people, in German and English, is the gateway's table (gateway/words).
 */
export interface Fault {
  readonly fault: FaultCode;
  /** One sentence a technician on a ladder can use, in English: what came, where, what was expected. */
  readonly detail: string;
}

export type FaultCode =
  // decoders
  | "truncated" // the bytes end before the message does
  | "checksum" // a checksum does not fit: never a reading
  | "syntax" // not the form the standard names
  | "limit" // a declared maximum is passed: length, depth, count
  | "range" // a value outside what its column, register or type can hold
  | "unsupported" // well-formed, but nothing here reads it
  | "no-key" // encrypted, and nobody gave the meter's key
  | "wrong-key" // encrypted, and the key that was given does not open it
  // envelope and ingest, in the order of the checks
  | "too-long"
  | "header"
  | "unknown-device"
  | "revoked"
  | "old-epoch"
  | "replayed"
  | "budget"
  | "bad-tag"
  | "cloned"
  | "not-allowed" // a board without encryption sent a quantity marked personal
  | "content" // authentic, but unusable
  | "unknown-shape"
  // sensors
  | "silent" // a meter or sensor that says nothing
  | "reduced-data" // a meter that keeps its detail behind a PIN
  | "bus" // no answer, wrong answer, line not to be opened
  | "frozen" // a sensor that repeats itself to the last digit
  // device and gateway
  | "link"
  | "storage"
  | "full"
  | "worn" // flash that may be erased no more, for now or for good
  | "epochs-used-up"
  | "self-test"
  // sinks
  | "unreachable"
  | "timeout"
  | "refused";

export function fault(code: FaultCode, detail: string): Fault {
  return { fault: code, detail };
}

/** Whether a result is a Fault. No other type in this house has a member named `fault`. */
export function isFault(result: unknown): result is Fault {
  // Read rather than asked for with `in`, which takes twice as long, and this is asked at every step of every message.
  return result !== null && result !== undefined && (result as Partial<Fault>).fault !== undefined;
}
