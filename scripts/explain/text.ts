import type { Language } from "../../gateway/words/words.ts";
import { toHex } from "../../protocols/bytes.ts";
import { isFault } from "../../protocols/fault.ts";
import type { Explained } from "./explain.ts";
import type { Layer, Span } from "./sheet.ts";
import { say } from "./words.ts";

/** Bytes on one line. */
const bytesPerLine = 8;
/** Lines of bytes of one span; the middle of longer ones is left out. */
const linesMax = 8;

/** One explained stretch for people: its title, then offset, bytes and meaning, nested as the telegram is. `place`: "byte 12", "line 3". */
export function explainedLines(explained: Explained, place: string, lang: Language): readonly string[] {
  return [titleOf(explained, place, lang), ...layerLines(explained.layer, explained.offset, 0, lang), ""];
}

function titleOf({ result }: Explained, place: string, lang: Language): string {
  if (result === null) {
    return say(lang, "title.before");
  }
  return isFault(result)
    ? say(lang, "title.bad", { place, code: result.fault, detail: result.detail })
    : say(lang, "title.good", { place, meter: result.meter ?? "-" });
}

function layerLines({ bytes, spans }: Layer, base: number, depth: number, lang: Language): readonly string[] {
  return spans.flatMap((span) => spanLines(span, bytes, base, depth, lang));
}

function spanLines(
  span: Span,
  bytes: Uint8Array,
  base: number,
  depth: number,
  lang: Language,
): readonly string[] {
  const meaning = `${"  ".repeat(depth)}${meaningOf(span, lang)}`;
  const lines =
    span.parts.length > 0
      ? [`${offsetText(base + span.from)}  ${" ".repeat(3 * bytesPerLine)} ${meaning}`]
      : leafLines(span, bytes, base, meaning);
  const parts = span.parts.flatMap((part) => spanLines(part, bytes, base, depth + 1, lang));
  const { inside } = span;
  const opened =
    inside === null
      ? []
      : [
          `      ${" ".repeat(3 * bytesPerLine)} ${"  ".repeat(depth + 1)}${say(lang, "title.inside", { bytes: inside.bytes.length })}`,
          ...layerLines(inside, 0, depth + 2, lang),
        ];
  return [...lines, ...parts, ...opened];
}

function leafLines({ from, to }: Span, bytes: Uint8Array, base: number, meaning: string): readonly string[] {
  const rows: string[] = [];
  for (let at = from; at < to; at += bytesPerLine) {
    const hex = (toHex(bytes.subarray(at, Math.min(at + bytesPerLine, to))).match(/../g) ?? []).join(" ");
    rows.push(`${offsetText(base + at)}  ${hex}`.padEnd(6 + 3 * bytesPerLine));
  }
  const shown =
    rows.length > linesMax ? [...rows.slice(0, linesMax / 2), "      …", ...rows.slice(-linesMax / 2)] : rows;
  return shown.map((row, i) => (i === 0 ? `${row} ${meaning}` : row.trimEnd()));
}

function offsetText(offset: number): string {
  return offset.toString(16).padStart(4, "0");
}

function meaningOf({ word, gaps, value, isWrong }: Span, lang: Language): string {
  const text = value === null || value === "" ? say(lang, word, gaps) : `${say(lang, word, gaps)}: ${value}`;
  return isWrong ? `${text}  <== ${say(lang, "here")}` : text;
}

/**
 * The same for programs: one object for each span without parts, with what it is part of. `place`: the offset of the telegram, or its
 * line in a hex list.
 */
export function explainedObjects(
  { layer, offset }: Explained,
  place: number,
  lang: Language,
): readonly object[] {
  return layerObjects(layer, { place, offset, lang, path: [], layers: 0 });
}

interface ObjectContext {
  readonly place: number;
  readonly offset: number;
  readonly lang: Language;
  readonly path: readonly string[];
  /** Seals and frames that were opened to get here. */
  readonly layers: number;
}

function layerObjects({ bytes, spans }: Layer, context: ObjectContext): readonly object[] {
  return spans.flatMap((span) => spanObjects(span, bytes, context));
}

function spanObjects(span: Span, bytes: Uint8Array, context: ObjectContext): readonly object[] {
  const { place, offset, lang, path, layers } = context;
  const meaning = say(lang, span.word, span.gaps);
  const own = span.value === null ? meaning : `${meaning}: ${span.value}`;
  const below = { ...context, path: [...path, own] };
  const opened =
    span.inside === null ? [] : layerObjects(span.inside, { ...below, offset: 0, layers: layers + 1 });
  if (span.parts.length > 0) {
    return [...span.parts.flatMap((part) => spanObjects(part, bytes, below)), ...opened];
  }
  return [
    {
      telegram: place,
      layer: layers,
      from: offset + span.from,
      to: offset + span.to,
      hex: toHex(bytes.subarray(span.from, span.to)),
      key: span.word,
      meaning,
      value: span.value,
      ...(span.isWrong && { wrong: true }),
      in: path,
    },
    ...opened,
  ];
}
