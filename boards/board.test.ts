import { readdirSync } from "node:fs";
import { Value } from "@sinclair/typebox/value";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quantities, quantityNames } from "../protocols/quantity.ts";
import { type Board, boardSchema, classOf, mayCarry } from "./board.ts";
import { boardOf, boards } from "./index.ts";

const nativeOrNone = fc.constantFrom("native" as const, "none" as const);
const anyCrypto = fc.record({ sha256: nativeOrNone, aes: nativeOrNone, ccm: fc.boolean() });

function named(name: string): Board {
  const board = boardOf(name);
  if (board === null) {
    throw new Error(`no board ${name}`);
  }
  return board;
}

describe("every board", () => {
  it.each(boards.map((board) => [board.name, board] as const))("%s is what the schema says", (_, board) => {
    expect([...Value.Errors(boardSchema, board)].map(({ path, message }) => `${path}: ${message}`)).toEqual(
      [],
    );
  });

  it("has a file of its name, and each file of a board is in the registry", () => {
    const helpers = ["board.ts", "board-table.ts", "flash-steps.ts", "index.ts", "platform.ts"];
    const files = readdirSync(new URL(".", import.meta.url))
      .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !helpers.includes(file))
      .map((file) => file.slice(0, -3));
    expect(boards.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it("has variables as large as their number makes them, and no more of them than its memory holds", () => {
    for (const board of boards) {
      // Espruino src/jsutils.h: the bits of a reference grow with the number of variables.
      const bytes = board.variables <= 2047 ? 12 : board.variables <= 8191 ? 13 : 14;
      expect([board.name, board.variableBytes]).toEqual([board.name, board.variables === 0 ? 0 : bytes]);
      expect(board.variables * board.variableBytes).toBeLessThan(board.memory);
    }
  });

  it("has variables and storage if it runs an interpreter, and neither if it does not", () => {
    for (const { name, runs, variables, storage } of boards) {
      expect([name, variables > 0, storage > 0]).toEqual([name, runs === "espruino", runs === "espruino"]);
    }
  });

  it("tells as many flashing steps in German as in English", () => {
    for (const { flash } of boards) {
      expect(flash.steps.de).toHaveLength(flash.steps.en.length);
    }
  });
});

describe("what a board may carry", () => {
  it("follows from its crypto, not from its name", () => {
    fc.assert(
      fc.property(anyCrypto, (crypto) => {
        const wanted = crypto.sha256 === "none" ? "C" : crypto.aes === "none" ? "B" : "A";
        expect(classOf({ ...named("puck-js"), crypto })).toBe(wanted);
      }),
    );
  });

  it("is anything where there are SHA-256 and AES", () => {
    expect(boards.filter((board) => classOf(board) === "A").map(({ name }) => name)).toEqual([
      "arduino-mega",
      "arduino-uno",
      "esp32",
      "esp32-c3",
      "esp32-s3",
      "espruino-pico",
      "espruino-wifi",
      "puck-js",
      "raspberry-pi-3",
      "raspberry-pi-4",
      "raspberry-pi-5",
      "raspberry-pi-zero-2-w",
    ]);
    for (const quantity of quantityNames) {
      expect(mayCarry(named("puck-js"), quantity)).toBeNull();
    }
  });

  it("is nothing personal without AES, and the refusal says why", () => {
    for (const board of boards.filter((candidate) => classOf(candidate) !== "A")) {
      for (const quantity of quantityNames) {
        expect(mayCarry(board, quantity)?.fault).toBe(
          quantities[quantity].personal ? "not-allowed" : undefined,
        );
      }
    }
    expect(mayCarry(named("mdbt42q"), "activePower")?.detail).toBe(
      "activePower tells about people, and Espruino MDBT42Q module cannot encrypt: its interpreter has no AES.encrypt; take a board of class A",
    );
  });

  it("is nothing personal with CCM alone, which takes no associated data", () => {
    expect(mayCarry(named("bangle-js-2"), "occupied")?.fault).toBe("not-allowed");
  });

  it("is its host's affair where it only lends its inputs", () => {
    expect(mayCarry(named("arduino-uno"), "activeEnergyImported")).toBeNull();
  });
});
