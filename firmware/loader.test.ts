import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boardBundle } from "../hil-tests/interpreters/board-bundle.ts";
import { crc32 } from "../protocols/crc.ts";
import { type LoaderPorts, loadSlot, type RunningSlot } from "./loader.ts";
import { loaderText } from "./loader-text.ts";
import { readTrailer, sealOf, setMark, slotNames, slotToWrite, startsMax, trailerLength } from "./slot.ts";

const sum = (text: string) => crc32(Buffer.from(text, "latin1"), 0, text.length);

interface Content {
  readonly sequence: number;
  readonly starts: number;
  readonly confirmed: boolean;
}

/** A slot's file as flashing leaves it, with its marks. */
function fileOf(program: string, { sequence, starts, confirmed }: Content): string {
  const marks = setMark.repeat(starts).padEnd(12, "\xff") + (confirmed ? setMark : "").padEnd(8, "\xff");
  return program + sealOf(sequence, sum(program), program.length) + marks;
}

/** A board whose flash is a record of texts. */
class Bench implements LoaderPorts {
  readonly files: Record<string, string>;
  readonly ran: string[] = [];
  slot: RunningSlot | null = null;
  restarts = 0;
  trials = 0;
  readonly #fails: readonly string[];
  readonly #worn: boolean;

  constructor(files: Record<string, string>, { fails = [] as readonly string[], worn = false } = {}) {
    this.files = { ...files };
    this.#fails = fails;
    this.#worn = worn;
  }

  boot(): string {
    this.slot = null;
    loadSlot(this, (slot) => {
      this.slot = slot;
    });
    return this.ran[this.ran.length - 1] ?? "";
  }

  read(name: string, offset: number, length: number): string | null {
    return this.files[name]?.slice(offset, offset + length) ?? null;
  }
  size(name: string): number {
    return this.files[name]?.length ?? 0;
  }
  write(name: string, text: string, offset: number): boolean {
    const file = this.files[name] ?? "";
    if (this.#worn || !/^\xff*$/.test(file.slice(offset, offset + text.length))) {
      return false;
    }
    this.files[name] = file.slice(0, offset) + text + file.slice(offset + text.length);
    return true;
  }
  crc(text: string): number {
    return sum(text);
  }
  run(program: string): boolean {
    this.ran.push(program);
    return !this.#fails.includes(program);
  }
  beginTrial(): void {
    this.trials++;
  }
  endTrial(): void {
    this.trials--;
  }
  restart(): void {
    this.restarts++;
  }
}

const old = fileOf("old.", { sequence: 1, starts: 0, confirmed: true });
const trial = fileOf("new.", { sequence: 2, starts: 0, confirmed: false });

describe("the loader", () => {
  it("is kept as the text that its TypeScript makes, since a board gets it once and for all", async () => {
    const text = (await boardBundle('import "../../firmware/loader-board.ts";', true)).trim();
    if (process.env["UPDATE_LOADER"] === "1") {
      const quoted = text.replace(/[\\']/g, "\\$&");
      writeFileSync(
        new URL("./loader-text.ts", import.meta.url),
        `/**\n * The loader as boards have it: loader-board.ts, minified. Boards in the field keep the one they got, so a new text must read the same\n * slots. After a change: UPDATE_LOADER=1 npx vitest run firmware/loader\n */\nexport const loaderText =\n  '${quoted}';\n`,
      );
    } else {
      expect(loaderText).toBe(text);
    }
    expect(readFileSync(new URL("./loader-text.ts", import.meta.url), "utf8")).not.toContain("\x04");
    expect(text.length).toBeLessThan(2048);
  });

  it("starts nothing where nothing holds", () => {
    expect(new Bench({}).boot()).toBe("");
    expect(new Bench({ "app.a": "short" }).boot()).toBe("");
    expect(new Bench({ "app.a": trial.slice(0, -1) }).boot()).toBe("");
  });

  it("starts the only program there is, however often, and confirmed or not", () => {
    const bench = new Bench({ "app.b": trial });
    for (let boot = 0; boot < 9; boot++) {
      expect(bench.boot()).toBe("new.");
    }
    expect(bench.files["app.b"]).toBe(trial);
  });

  it("tries a new program three times and then goes back to the one before", () => {
    const bench = new Bench({ "app.a": old, "app.b": trial });
    expect([bench.boot(), bench.boot(), bench.boot()]).toEqual(["new.", "new.", "new."]);
    expect([bench.boot(), bench.boot()]).toEqual(["old.", "old."]);
  });

  it("stays with a new program that was confirmed, and counts no more starts", () => {
    const bench = new Bench({ "app.a": old, "app.b": trial });
    bench.boot();
    bench.slot?.confirm();
    bench.slot?.confirm();
    expect(bench.trials).toBe(0);
    for (let boot = 0; boot < 9; boot++) {
      expect(bench.boot()).toBe("new.");
    }
  });

  it("starts anew at once where a program on trial fails, and so is back after three starts", () => {
    const bench = new Bench({ "app.a": old, "app.b": trial }, { fails: ["new."] });
    for (let boot = 0; boot < startsMax; boot++) {
      bench.boot();
      expect(bench.restarts).toBe(boot + 1);
    }
    expect(bench.boot()).toBe("old.");
    expect(bench.restarts).toBe(startsMax);
  });

  it("tries nothing whose start it cannot mark", () => {
    expect(new Bench({ "app.a": old, "app.b": trial }, { worn: true }).boot()).toBe("old.");
  });

  it("starts a damaged program never: each flipped bit of the new one leaves the old one or the new one whole", () => {
    for (let bit = 0; bit < trial.length * 8; bit++) {
      const bytes = Buffer.from(trial, "latin1");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(["old.", "new."]).toContain(
        new Bench({ "app.a": old, "app.b": bytes.toString("latin1") }).boot(),
      );
    }
  });
});

const content = fc.record({
  sequence: fc.integer({ min: 1, max: 9 }),
  starts: fc.integer({ min: 0, max: startsMax }),
  confirmed: fc.boolean(),
});

describe("the slots", () => {
  it("read back what was written, and no part of it as a whole", () => {
    fc.assert(
      fc.property(content, (wanted) => {
        const file = fileOf("abcd", wanted);
        const trailer = file.slice(-trailerLength);
        expect(readTrailer(trailer, file.length)).toEqual({ ...wanted, crc: sum("abcd"), length: 4 });
        for (let end = 0; end < 12; end++) {
          expect(readTrailer(trailer.slice(0, end).padEnd(trailerLength, "\xff"), file.length)).toBeNull();
        }
      }),
    );
  });

  it("are never both at risk: what is written over is not what would start, nor the newest that was confirmed", () => {
    fc.assert(
      fc.property(content, content, (a, b) => {
        fc.pre(a.sequence !== b.sequence);
        const files = { "app.a": fileOf("aaaa", a), "app.b": fileOf("bbbb", b) };
        const read = (file: string) => readTrailer(file.slice(-trailerLength), file.length);
        const target = slotToWrite(read(files["app.a"]), read(files["app.b"]));
        const left = new Bench({ ...files, [slotNames[target] ?? ""]: "" });
        expect(left.boot()).toBe(target === 0 ? "bbbb" : "aaaa");
        const [kept, given] = target === 0 ? [b, a] : [a, b];
        expect(kept.confirmed || !given.confirmed).toBe(true);
      }),
    );
  });
});
