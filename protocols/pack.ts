/**
 * The pack: rows of one shape in one message, [1, shape id, time, step, body, ? bases] (pack.cddl). The body of "rows" is an
 * RFC 8746 typed array, row by row; that of "compact" is a byte string of differences (pack-compact.ts). A missing value is
 * the width's minimum, never 0. A counter is a base, its first value, and differences to it. Any CBOR decoder reads a pack;
 * ours accepts exactly what our writer makes.
 */
export {
  type Pack,
  type PackRow,
  packRowsMax,
  packStepMax,
  packTimeMax,
  type TimeQuality,
} from "./pack-form.ts";
export { checkPack, decodePack, packShapeId } from "./pack-reader.ts";
export { createPackWriter, type PackWriter, rowsWithin } from "./pack-writer.ts";
