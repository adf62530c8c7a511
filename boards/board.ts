/** What a board has, as data: one file per board, one line each in index.ts. The build, the flashing and the docs follow from it. */
import { type Static, Type } from "@sinclair/typebox";
import { type Fault, fault } from "../protocols/fault.ts";
import { type QuantityName, quantities } from "../protocols/quantity.ts";

const text = Type.String({ minLength: 1 });
const amount = Type.Integer({ minimum: 0 });
const words = Type.Object({ en: text, de: text }, { additionalProperties: false });
const nativeOrNone = Type.Union([Type.Literal("native"), Type.Literal("none")]);

export const flashSchema = Type.Object(
  {
    /** How the interpreter itself, or what stands in its place, gets onto the board. */
    route: Type.Union([
      Type.Literal("esp-rom"), // the chip's serial loader
      Type.Literal("nordic-dfu"), // over Bluetooth, with the vendor's tool
      Type.Literal("stm32-dfu"), // over USB, with the vendor's tool
      Type.Literal("uf2"), // a UF2 file copied to the drive the board shows
      Type.Literal("drive"), // another file copied to it
      Type.Literal("sd-image"),
      Type.Literal("avr"), // Arduino's serial loader
      Type.Literal("none"),
    ]),
    /** What a person does, in order. From the vendors' pages; not tried on a soldered board. */
    steps: Type.Object(
      { en: Type.Array(text, { minItems: 1 }), de: Type.Array(text, { minItems: 1 }) },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export const boardSchema = Type.Object(
  {
    /** As device.yaml and the command line name it; also the name of its file. */
    name: Type.String({ pattern: "^[a-z0-9]+(-[a-z0-9]+)*$" }),
    title: text,
    chip: text,
    /** MHz. */
    clock: Type.Integer({ minimum: 1 }),
    /** Where our code runs: on its interpreter, on its Linux (`hasen device run`), or on the host it lends its inputs to. */
    runs: Type.Union([Type.Literal("espruino"), Type.Literal("node"), Type.Literal("firmata")]),
    /** How the builds of its interpreter call it (process.env.BOARD), by which it is told from others before it is flashed. */
    builds: Type.Optional(Type.Array(text, { minItems: 1 })),
    /** Bytes of RAM in the chip or, of a computer, in its smallest model. */
    memory: amount,
    /** JsVars of its interpreter; 0 where it runs none. */
    variables: amount,
    /** Bytes of one JsVar. */
    variableBytes: amount,
    /** Bytes for files and code in flash; 0 where a card or disk decides, and where nothing is kept. */
    storage: amount,
    /**
     * Flash that an outbox may spill to: whole pages of a file in its storage, or what its interpreter leaves free. `start` is the address
     * of the storage or of the free part, `length` the bytes of that, `endurance` how often a page may be erased.
     */
    spill: Type.Optional(
      Type.Object(
        {
          area: Type.Union([Type.Literal("storage"), Type.Literal("free")]),
          start: amount,
          length: Type.Integer({ minimum: 1 }),
          page: Type.Integer({ minimum: 256 }),
          endurance: Type.Integer({ minimum: 1 }),
        },
        { additionalProperties: false },
      ),
    ),
    /** Its clocks stop between ticks only where its program says so (`setDeepSleep`, STM32); other boards sleep by themselves. */
    deepSleep: Type.Optional(Type.Literal(true)),
    /** What it can be connected to. Which of these a platform serves today: README.md. */
    buses: Type.Object(
      {
        i2c: Type.Boolean(),
        uart: Type.Boolean(),
        analog: Type.Boolean(),
        pulse: Type.Boolean(),
        ble: Type.Boolean(),
        network: Type.Boolean(),
      },
      { additionalProperties: false },
    ),
    /** Whether its interpreter joins a Wi-Fi by itself (`require("Wifi")`). */
    wifi: Type.Optional(Type.Boolean()),
    /** What its interpreter does natively: SHA-256, AES.encrypt (ECB and CBC), AES-CCM without associated data. */
    crypto: Type.Object(
      { sha256: nativeOrNone, aes: nativeOrNone, ccm: Type.Boolean() },
      { additionalProperties: false },
    ),
    /** Whether functions can be compiled on the board. */
    jit: Type.Boolean(),
    flash: flashSchema,
    note: Type.Optional(words),
    /** Where the figures above are from. */
    sources: Type.Array(Type.Object({ what: text, where: text }, { additionalProperties: false }), {
      minItems: 1,
    }),
  },
  { additionalProperties: false },
);

export type Board = Static<typeof boardSchema>;
export type Flash = Static<typeof flashSchema>;

/**
 * What a board's messages may be. A: encrypted, so that it may carry anything. B: authenticated with its native SHA-256. C:
 * authenticated with SHA-256 in JavaScript, which is slow. COSE needs associated data, which native CCM does not take: CCM alone is
 * no encryption here.
 */
export type BoardClass = "A" | "B" | "C";

export function classOf(board: Board): BoardClass {
  // A board that lends its inputs seals nothing: its host does, on Linux.
  if (board.runs === "firmata" || (board.crypto.sha256 === "native" && board.crypto.aes === "native")) {
    return "A";
  }
  return board.crypto.sha256 === "native" ? "B" : "C";
}

/** Null, or the Fault for which a device on this board must not be built: what tells about a person leaves no device unencrypted. */
export function mayCarry(board: Board, quantity: QuantityName): Fault | null {
  if (!quantities[quantity].personal || classOf(board) === "A") {
    return null;
  }
  return fault(
    "not-allowed",
    `${quantity} tells about people, and ${board.title} cannot encrypt: its interpreter has no ${lacking(board)}; take a board of class A`,
  );
}

function lacking(board: Board): string {
  return board.crypto.sha256 === "none" ? "SHA-256 and no AES" : "AES.encrypt";
}
