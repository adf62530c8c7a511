/**
 * What is typed into a board before anything else is put on it, once: the file that says how far its epochs may have come
 * (firmware/epoch.ts) lies first in flash, where tidying up does not move it, and counts from the start (espruino-storage.ts). The firmware
 * never makes it: a board without it sends nothing. Where it is there already it stays, or epochs would begin anew under an old key.
 */
export const setUpScript =
  'if(!require("Storage").read("epochs0"))require("Storage").write("epochs0","\\xff\\xff\\xff\\xff\\1\\xfe\\0\\0",0,2048);';

/** The same file for who writes it piece by piece: its name, its beginning as characters, and its bytes. */
export const setUpFile = { file: "epochs0", text: "\xff\xff\xff\xff\x01\xfe\0\0", size: 2048 } as const;

/** Bytes of a half of each file that the firmware makes, for espruino-storage.ts. One epoch record takes 16. */
export const boardFiles = { epoch: 520 };
