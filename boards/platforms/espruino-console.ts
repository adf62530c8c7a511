import type { EspruinoDevice, EspruinoE, EspruinoShared } from "./espruino-globals.ts";

declare const E: EspruinoE;
declare const setTimeout: (run: () => void, delay: number) => void;

/** Longest password the interpreter takes. */
const passwordMax = 20;

/**
 * Locks the console, from which anybody could else read the keys, behind a password; a technician with the device's key file knows it.
 * Where the console's line is wanted for frames it is handed over after `delay` ms: time to unlock it and bring new firmware.
 */
export function lockConsole(
  password: string,
  handOver: { readonly delay: number; readonly then: () => void } | null,
): void {
  E.setPassword(password.substr(0, passwordMax));
  E.lockConsole();
  if (handOver !== null) {
    setTimeout(() => {
      E.setConsole(null, { force: true });
      handOver.then();
    }, handOver.delay);
  }
}

/** Puts the console on a line where it stays, or on none, so that another is free for frames. */
export function keepConsole(port: string | null): void {
  E.setConsole(port, { force: true });
}

/** Lets a technician at the console ask the device. */
export function shareDevice(device: EspruinoDevice): void {
  (globalThis as EspruinoShared).dreihasen = device;
}

/** Tells the loader that a message of this program was acknowledged: it may stay. */
export function confirmProgram(): void {
  const slot = (globalThis as EspruinoShared).slot;
  if (slot !== undefined) {
    slot.confirm();
  }
}
