export { decodeSenmlCbor, encodeSenmlCbor } from "./senml-cbor.ts";
export { decodeSenmlJson, encodeSenmlJson } from "./senml-json.ts";
export { resolve } from "./senml-resolve.ts";

/**
 * Gateway only: Sensor Measurement Lists (RFC 8428) in JSON and CBOR, both directions. Every number is text, exactly as it
 * was written or as the register had it; senml-resolve.ts does the arithmetic.
 */
export interface SenmlRecord {
  readonly bn?: string;
  readonly bt?: string;
  readonly bu?: string;
  readonly bv?: string;
  readonly bs?: string;
  readonly bver?: string;
  readonly n?: string;
  readonly u?: string;
  readonly v?: string;
  readonly vs?: string;
  readonly vb?: boolean;
  /** Base64url without padding, as in JSON; a byte string in CBOR. */
  readonly vd?: string;
  readonly s?: string;
  /** Seconds: Unix time from 2^28 on, relative to now below (§4.5.3). */
  readonly t?: string;
  readonly ut?: string;
  /** Labels of others (§4.4). Those that hold numbers, lists or objects are ignored when read. */
  readonly labels?: Readonly<Record<string, string | boolean>>;
}
