import type { EspruinoE, EspruinoGlobal } from "./espruino-globals.ts";

/** `require("Storage")`, as the loader uses it. */
export interface LoaderFlash {
  read(name: string, offset?: number, length?: number): string | undefined;
  write(name: string, data: string, offset: number): boolean;
}

declare const E: EspruinoE & { readonly CRC32?: (data: string) => number };
declare const print: (...texts: unknown[]) => void;
declare const setTimeout: (run: () => void, delay: number) => number;
declare const clearTimeout: (timer: number) => void;

/** So long a program on trial has until the gateway acknowledges its first message, ms. */
const trialMax = 900000;
/** A program that does not feed the watchdog in this time is none, s; the firmware's own takes over (espruino-run.ts). */
const watchdog = 60;

/** What firmware/loader.ts asks of a board, over Espruino's globals. */
export function espruinoLoader() {
  const board = globalThis as unknown as EspruinoGlobal;
  const flash = board.require("Storage") as LoaderFlash;
  let timer = 0;
  return {
    read: (name: string, offset: number, length: number) => flash.read(name, offset, length) ?? null,
    size: (name: string) => (flash.read(name) ?? "").length,
    write: (name: string, text: string, offset: number) => {
      try {
        flash.write(name, text, offset);
      } catch {
        return false;
      }
      return flash.read(name, offset, text.length) === text;
    },
    crc: (text: string) => (E.CRC32 === undefined ? null : E.CRC32(text)),
    run: (program: string) => {
      try {
        (board["eval"] as (program: string) => void)(program);
        return true;
      } catch (error) {
        print(error);
        return false;
      }
    },
    beginTrial: () => {
      E.enableWatchdog(watchdog, false);
      timer = setTimeout(() => E.reboot(), trialMax);
    },
    endTrial: () => {
      if (timer > 0) {
        clearTimeout(timer);
      }
    },
    restart: () => E.reboot(),
  };
}
