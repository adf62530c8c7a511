/** Characters of one line that are shown. */
const lineMax = 500;
/** Escape sequences of terminals (ECMA-48 §5.4), and what else is no text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
const escapes = /\u001b\[[0-9;?]*[@-~]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these too
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** What a board prints, as lines for people: without prompts and control characters; messages between are named by their length. */
export class LogLines {
  readonly #show: (line: string) => void;
  #begun = "";

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  /** Bytes as characters. */
  take(text: string): void {
    const parts = (this.#begun + text).split(/\r?\n/);
    this.#begun = parts.pop() ?? "";
    for (const part of parts) {
      this.#line(part);
    }
    if (this.#begun.length > lineMax) {
      this.end();
    }
  }

  /** Shows a line that was begun. */
  end(): void {
    this.#line(this.#begun);
    this.#begun = "";
  }

  #line(raw: string): void {
    const plain = raw.replace(escapes, "").replace(/^>/, "");
    const odd = plain.match(unprintable)?.length ?? 0;
    if (odd > plain.length / 10) {
      this.#show(`[${raw.length} bytes]`);
    } else if (plain.trim() !== "") {
      this.#show(plain.replace(unprintable, "").slice(0, lineMax));
    }
  }
}
