/** Flashing a board whose console is Espruino's (repl-board.ts): what goes wrong on the way, and that the board starts whatever happens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { setUpScript } from "../../boards/platforms/espruino-setup.ts";
import { seeded } from "../../boards/platforms/seeded.ts";
import { loaderText } from "../../firmware/loader-text.ts";
import { setMark, slotNames } from "../../firmware/slot.ts";
import { ProblemError } from "../../gateway/problem.ts";
import { BoardConsole } from "../../scripts/flash/board-console.ts";
import { NoAnswer } from "../../scripts/flash/repl.ts";
import { type Image, padded, type Uploaded, upload } from "../../scripts/flash/upload.ts";
import { BoardFlash } from "./board-flash.ts";
import { NearBoard } from "./near-board.ts";
import type { ReplBoardOptions } from "./repl-board.ts";

function newBoard(options: Partial<ReplBoardOptions> = {}): NearBoard {
  return new NearBoard({ flash: new BoardFlash(40960, seeded(1)), ...options });
}

/** A program that says which it is, as long as a real one and with every kind of character. */
function program(name: string, length = 1500): string {
  const odd = `/*\\ "quoted" 'too' \x04\x10\x01\x00\xff\n*/`;
  return padded(`ran=${JSON.stringify(name)};${odd}`.padEnd(length, "0123456789;"));
}

function imageOf(name: string, more: Partial<Image> = {}): Image {
  const text = program(name);
  return {
    program: text,
    loader: loaderText,
    where: "port",
    tidy: false,
    replaceBoot: false,
    freshKeys: false,
    ...more,
  };
}

function flash(near: NearBoard, image: Image): Promise<Uploaded & { readonly shown: number[] }> {
  const work = async () => {
    const repl = near.repl();
    await repl.wake();
    const console = new BoardConsole(repl);
    await console.prepare();
    const shown: number[] = [];
    const done = await upload(console, image, { progress: (bytes) => shown.push(bytes), resumed: () => {} });
    return { ...done, shown };
  };
  return near.run(work());
}

/** What runs after the power was away. */
function ranAfterStart({ board }: NearBoard): unknown {
  board.options.flash.powerOn();
  board.start();
  return board.globals["ran"];
}

function confirm({ board }: NearBoard): void {
  board.globals["slot"].confirm();
}

async function codeOf(result: Promise<unknown>): Promise<string> {
  const error = await result.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ProblemError ? error.code : error instanceof NoAnswer ? "no answer" : String(error);
}

describe("a board that is flashed", () => {
  it("starts the program, which is proved by its SHA-256", async () => {
    const board = newBoard();
    const done = await flash(board, imageOf("one"));
    expect(done).toMatchObject({ slot: "app.a", sequence: 1, resumed: 0, hash: "SHA-256", fallBack: false });
    expect(done.shown).toEqual([400, 800, 1200, 1500, 1500]);
    expect(ranAfterStart(board)).toBe("one");
    expect(board.board.globals["slot"].name).toBe("app.a");
  });

  it("takes the next one into the other slot, and the one after that into the first", async () => {
    const board = newBoard();
    const slots: string[] = [];
    for (const name of ["one", "two", "three", "four"]) {
      slots.push((await flash(board, imageOf(name))).slot);
      expect(ranAfterStart(board)).toBe(name);
      confirm(board);
    }
    expect(slots).toEqual(["app.a", "app.b", "app.a", "app.b"]);
  });

  it("returns to the program before when the new one was not confirmed after three starts", async () => {
    const board = newBoard();
    await flash(board, imageOf("one"));
    ranAfterStart(board);
    confirm(board);
    await flash(board, imageOf("two"));
    expect([1, 2, 3, 4, 5].map(() => ranAfterStart(board))).toEqual(["two", "two", "two", "one", "one"]);
    expect((await flash(board, imageOf("three"))).slot).toBe("app.b");
    expect(ranAfterStart(board)).toBe("three");
  });

  it("is left alone when it has this program already", async () => {
    const board = newBoard();
    await flash(board, imageOf("one"));
    board.board.options.flash.powerOn();
    expect(await flash(board, imageOf("one"))).toMatchObject({ slot: "app.a", sequence: 1, resumed: 1500 });
    expect(board.board.options.flash.steps).toBe(0);
  });

  it("without native hashes is proved by a CRC-32 in its own JavaScript", async () => {
    const board = newBoard({ sha256: false, crc32: false });
    expect(await flash(board, imageOf("one"))).toMatchObject({ hash: "CRC-32" });
    expect(ranAfterStart(board)).toBe("one");
  });

  it("with an interpreter before 2v25 gets it typed, each character after the echo of the one before", async () => {
    const board = newBoard({ version: "2v24" });
    expect(await flash(board, imageOf("one"))).toMatchObject({ slot: "app.a" });
    expect(ranAfterStart(board)).toBe("one");
  });
});

describe("a line that fails", () => {
  it("loses characters, packets and answers, and yet brings every byte", async () => {
    const dice = seeded(7);
    const weather = {
      loses: () => dice() < 1 / 2000,
      refuses: () => dice() < 0.05,
      mutes: () => dice() < 0.05,
    };
    const board = newBoard({ weather });
    expect(await flash(board, imageOf("one"))).toMatchObject({ slot: "app.a" });
    expect(ranAfterStart(board)).toBe("one");
  });

  it("loses one character in 200, and yet every question is answered", async () => {
    const dice = seeded(5);
    const board = newBoard({ weather: { loses: () => dice() < 1 / 200 } });
    const asked = async (): Promise<unknown[]> => {
      const repl = board.repl();
      await repl.wake();
      const answers: unknown[] = [];
      for (let i = 0; i < 40; i++) {
        answers.push(await repl.ask(`[${i},"a question of the length that a technician's have"].length`));
      }
      return answers;
    };
    expect(await board.run(asked())).toEqual(Array(40).fill(2));
  });

  it("has a board at its end that calls a silent broker for 21 s, and what was asked meanwhile is answered", async () => {
    let pieces = 0;
    const board = newBoard({ weather: { busy: () => (++pieces === 2 ? 21_000 : 0) } });
    const asked = async (): Promise<unknown> => {
      const repl = board.repl();
      await repl.wake();
      return repl.ask("6*7");
    };
    expect(await board.run(asked())).toBe(42);
  });

  it("loses what is typed, and yet brings every byte", async () => {
    const dice = seeded(3);
    const board = newBoard({ version: "2v24", weather: { loses: () => dice() < 1 / 1500 } });
    expect(await flash(board, imageOf("one", { program: program("one", 900) }))).toMatchObject({
      slot: "app.a",
    });
    expect(ranAfterStart(board)).toBe("one");
  });

  it.each([
    ["2v29", 0.4],
    ["2v24", 0.1], // what is typed is disturbed by what comes late
  ])(
    "has a board at its end that answers late (%s), and no answer is taken for that to another question",
    async (version, chance) => {
      const dice = seeded(11);
      const board = newBoard({ version, weather: { delays: () => (dice() < chance ? 3000 : 0) } });
      const asked = async (): Promise<unknown[]> => {
        const repl = board.repl();
        await repl.wake();
        const answers: unknown[] = [];
        for (let i = 0; i < 60; i++) {
          answers.push(await repl.ask(`[${i}]`));
        }
        return answers;
      };
      expect(await board.run(asked())).toEqual(Array.from({ length: 60 }, (_, i) => [i]));
    },
  );

  it("breaks off, and the next try goes on where this one stopped", async () => {
    let left = 25;
    const board = newBoard({ weather: { resets: () => left-- === 0 } });
    expect(await codeOf(flash(board, imageOf("one")))).toContain("dh is not defined");
    const done = await flash(board, imageOf("one"));
    expect(done.resumed).toBeGreaterThan(0);
    expect(done.shown.at(-1)).toBe(1500);
    expect(ranAfterStart(board)).toBe("one");
  });
});

describe("a flash that fails", () => {
  it("is told as full before anything is written", async () => {
    const board = newBoard({ flash: new BoardFlash(2000, seeded(1)) });
    expect(await codeOf(flash(board, imageOf("one")))).toBe("FLS-070");
    expect(board.board.options.flash.steps).toBe(0);
  });

  it("is not tidied up unasked, since that can lose files", async () => {
    const board = newBoard({ flash: new BoardFlash(8200, seeded(1)) });
    for (const name of ["one", "two"]) {
      await flash(board, imageOf(name));
      ranAfterStart(board);
      confirm(board);
    }
    expect(await codeOf(flash(board, imageOf("three")))).toBe("FLS-071");
    expect(ranAfterStart(board)).toBe("two");
    await flash(board, imageOf("three", { tidy: true }));
    expect(ranAfterStart(board)).toBe("three");
  });

  it("is told as worn, and what ran before still runs", async () => {
    const board = newBoard();
    await flash(board, imageOf("one"));
    board.board.options.flash.isWorn = true;
    expect(await codeOf(flash(board, imageOf("two")))).toBe("FLS-074");
    expect(ranAfterStart(board)).toBe("one");
  });
});

describe("boot code of somebody else", () => {
  it("is not touched unasked", async () => {
    const board = newBoard();
    board.board.options.flash.storage().write(".boot0", "precious=1");
    expect(await codeOf(flash(board, imageOf("one")))).toBe("FLS-068");
    expect(board.board.options.flash.files.has(".boot0")).toBe(true);
    await flash(board, imageOf("one", { replaceBoot: true }));
    expect(board.board.options.flash.files.has(".boot0")).toBe(false);
    expect(ranAfterStart(board)).toBe("one");
  });
});

describe("the file of epochs", () => {
  it("lies before all else, as who sets a board up by hand makes it", async () => {
    const board = newBoard();
    await flash(board, imageOf("one"));
    const { files } = board.board.options.flash;
    expect([...files.keys()]).toEqual(["epochs0", "app.a", ".bootcde"]);
    const byHand = new BoardFlash(40960, seeded(1));
    new Function("require", setUpScript)(() => byHand.storage());
    expect(files.get("epochs0")).toEqual(byHand.files.get("epochs0"));
  });

  it("stays as it is when the board gets other firmware", async () => {
    const board = newBoard();
    await flash(board, imageOf("one"));
    board.board.options.flash.storage().write("epochs0", "\x08\x00", 8);
    const before = Uint8Array.from(board.board.options.flash.files.get("epochs0") ?? []);
    await flash(board, imageOf("two"));
    expect(board.board.options.flash.files.get("epochs0")).toEqual(before);
  });

  it("is not made anew for keys that were in use", async () => {
    const board = newBoard();
    await flash(board, imageOf("one"));
    board.board.options.flash.storage().erase("epochs0");
    expect(await codeOf(flash(board, imageOf("two")))).toBe("FLS-079");
    expect(board.board.options.flash.files.has("epochs0")).toBe(false);
    await flash(board, imageOf("two", { freshKeys: true }));
    expect(board.board.options.flash.files.has("epochs0")).toBe(true);
  });
});

/** A board that has a confirmed program in one slot, or none at all. */
async function boardWith(before: string | null, flashOfBoard: BoardFlash): Promise<NearBoard> {
  const board = newBoard({ flash: flashOfBoard });
  if (before !== null) {
    await flash(board, imageOf(before));
    ranAfterStart(board);
    confirm(board);
  }
  return board;
}

describe("a power cut", () => {
  /** Flashes "new" with the power going in the `cut`-th step; null where it was done before that. */
  async function cutWhileFlashing(before: string | null, seed: number, cut: number) {
    const board = await boardWith(before, new BoardFlash(40960, seeded(seed)));
    board.board.options.flash.powerOn(cut);
    const code = await codeOf(flash(board, imageOf("new", { program: program("new", 600) })));
    const steps = board.board.options.flash.steps;
    return { board, cutThere: board.board.options.flash.isOff, code, steps };
  }

  it("in any step of an update leaves the old program or the new one, and the next try ends with the new one", async () => {
    const whole = await cutWhileFlashing("old", 1, Number.POSITIVE_INFINITY);
    expect(whole.steps).toBeGreaterThan(150);
    const cuts = [...Array(whole.steps).keys()].map((step) => step + 1);
    for (const cut of cuts) {
      const { board, cutThere } = await cutWhileFlashing("old", cut, cut);
      expect(cutThere).toBe(true);
      expect(["old", "new"], `cut at ${cut}`).toContain(ranAfterStart(board));
      await flash(board, imageOf("new", { program: program("new", 600) }));
      expect(ranAfterStart(board), `cut at ${cut}`).toBe("new");
    }
  });

  it("in any step of the first flashing leaves a board that takes the next try", async () => {
    const whole = await cutWhileFlashing(null, 1, Number.POSITIVE_INFINITY);
    const cuts = [...Array(whole.steps).keys()].map((step) => step + 1);
    for (const cut of cuts.filter((step) => step % 5 === 0 || step < 5 || step > whole.steps - 12)) {
      const { board, cutThere } = await cutWhileFlashing(null, cut, cut);
      expect(cutThere).toBe(true);
      expect([undefined, "new"]).toContain(ranAfterStart(board));
      await flash(board, imageOf("new", { program: program("new", 600) }));
      expect(ranAfterStart(board), `cut at ${cut}`).toBe("new");
      const epochs = board.board.options.flash.storage().read("epochs0", 4, 4);
      expect(epochs, `cut at ${cut}`).toBe("\x01\xfe\0\0");
    }
  });

  it("at a start, while its mark is written or the firmware is confirmed, leaves a program that starts", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 }),
        async (seed, cuts) => {
          const board = await boardWith("old", new BoardFlash(40960, seeded(seed)));
          await flash(board, imageOf("new"));
          for (const cut of cuts) {
            board.board.options.flash.powerOn(cut === 0 ? Number.POSITIVE_INFINITY : cut);
            board.board.start();
            if (cut === 2 && !board.board.options.flash.isOff) {
              confirm(board);
            }
            expect(["old", "new"]).toContain(ranAfterStart(board));
          }
        },
      ),
      { numRuns: 30 },
    );
  });
});

it("marks and slots are where the loader looks for them", async () => {
  const board = newBoard();
  await flash(board, imageOf("one"));
  const file = board.board.options.flash.storage().read(slotNames[0] ?? "") ?? "";
  expect(file.slice(-20)).toBe("\xff".repeat(20));
  ranAfterStart(board);
  confirm(board);
  expect(
    board.board.options.flash
      .storage()
      .read(slotNames[0] ?? "")
      ?.slice(-8),
  ).toBe(`${setMark}\xff\xff\xff\xff`);
});
