/** The loader as a board runs it at every start, from its boot code: the composition of loader.ts and Espruino. */
import type { EspruinoGlobal } from "../boards/platforms/espruino-globals.ts";
import { espruinoLoader } from "../boards/platforms/espruino-loader.ts";
import { loadSlot } from "./loader.ts";

loadSlot(espruinoLoader(), (slot) => {
  const board = globalThis as unknown as EspruinoGlobal & { slot: unknown };
  board.slot = slot;
});
