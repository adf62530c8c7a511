import type { ExplainWord } from "./words.ts";

/** What a stretch of bytes is. */
export interface Span {
  readonly from: number;
  /** Behind its last byte. */
  readonly to: number;
  readonly word: ExplainWord;
  readonly gaps: Readonly<Record<string, string | number>>;
  /** Numbers, names and texts as they are in every language; null where there is nothing to say. */
  readonly value: string | null;
  /** A checksum that does not fit; bytes that nothing reads. */
  readonly isWrong: boolean;
  /** The parts it is made of, from its first byte to its last; empty for a span that has none. */
  readonly parts: readonly Span[];
  /** What is behind it once it is opened or put together. */
  readonly inside: Layer | null;
}

/** Bytes and what they are: the spans cover each byte once. */
export interface Layer {
  readonly bytes: Uint8Array;
  readonly spans: readonly Span[];
}

export interface SpanOptions {
  readonly gaps?: Span["gaps"];
  readonly wrong?: boolean;
  readonly inside?: Layer | null;
}

/**
 * Notes what bytes are, from the first to the last: each note begins where the last one ended, so that there can be no gap and no
 * overlap.
 */
export class Sheet {
  readonly bytes: Uint8Array;
  /** Next byte to be explained. */
  at = 0;
  /** Behind the last byte to explain. */
  readonly to: number;
  private spans: Span[] = [];

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.to = bytes.length;
  }

  /** The bytes up to `to` are this. */
  mark(to: number, word: ExplainWord, value: string | null = null, options: SpanOptions = {}): void {
    const end = Math.min(to, this.to);
    if (end > this.at) {
      this.spans.push(spanOf(this.at, end, word, value, [], options));
      this.at = end;
    }
  }

  /** As many bytes are this. */
  take(count: number, word: ExplainWord, value: string | null = null, options: SpanOptions = {}): void {
    this.mark(this.at + count, word, value, options);
  }

  /** What `build` notes are the parts of one thing, whose value it gives. */
  group(word: ExplainWord, build: () => string | null, options: SpanOptions = {}): void {
    const outer = this.spans;
    const from = this.at;
    this.spans = [];
    const value = build();
    const parts = this.spans;
    this.spans = outer;
    if (this.at > from) {
      this.spans.push(spanOf(from, this.at, word, value, parts, options));
    }
  }

  /** Bytes from here to `to`. */
  until(to: number): Uint8Array {
    return this.bytes.subarray(this.at, to);
  }

  layer(): Layer {
    return { bytes: this.bytes, spans: this.spans };
  }
}

function spanOf(
  from: number,
  to: number,
  word: ExplainWord,
  value: string | null,
  parts: readonly Span[],
  { gaps, wrong, inside }: SpanOptions,
): Span {
  return { from, to, word, gaps: gaps ?? {}, value, isWrong: wrong ?? false, parts, inside: inside ?? null };
}

/** A sheet of other bytes: what lies behind a seal, or was put together. */
export function inside(bytes: Uint8Array, explain: (sheet: Sheet) => void): Layer {
  const sheet = new Sheet(bytes);
  explain(sheet);
  sheet.mark(sheet.to, "unread", null, { wrong: true });
  return sheet.layer();
}

/** All spans without parts, in order. */
export function leaves(spans: readonly Span[]): readonly Span[] {
  return spans.flatMap((span) => (span.parts.length > 0 ? leaves(span.parts) : [span]));
}
