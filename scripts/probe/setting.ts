import type { MeterLanguage } from "../../protocols/meter.ts";

/** How a serial line is set. */
export type LineSetting = MeterLanguage["line"];

/** The rates of meters' lines, in baud. */
export const rates: readonly number[] = [300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200];

/** Eight bits without parity. Seven bits with even parity are heard as well: the parity shows as bit 7. */
export function plain(baud: number): LineSetting {
  return { baud, dataBits: 8, parity: "none", stopBits: 1 };
}

/** Eight bits with even parity, as M-Bus and most Modbus units have them. */
export function even(baud: number): LineSetting {
  return { baud, dataBits: 8, parity: "even", stopBits: 1 };
}

export function seven(baud: number): LineSetting {
  return { baud, dataBits: 7, parity: "even", stopBits: 1 };
}

/** "9600 8N1". */
export function settingText({ baud, dataBits, parity, stopBits }: LineSetting): string {
  return `${baud} ${dataBits}${parity === "even" ? "E" : "N"}${stopBits}`;
}

export function isSame(one: LineSetting, other: LineSetting): boolean {
  return settingText(one) === settingText(other);
}

/** Bits of one character on the wire. */
export function bitsPerByte({ dataBits, parity, stopBits }: LineSetting): number {
  return 1 + dataBits + (parity === "even" ? 1 : 0) + stopBits;
}

/** Milliseconds that one character takes. */
export function byteTime(setting: LineSetting): number {
  return (bitsPerByte(setting) * 1000) / setting.baud;
}

/** All settings worth a try, those of most meters first. */
export const usual: readonly LineSetting[] = [
  plain(9600),
  plain(115200),
  even(2400),
  plain(1200),
  even(9600),
  plain(19200),
  plain(4800),
  plain(2400),
  plain(300),
  plain(57600),
  plain(38400),
  plain(600),
  even(300),
  even(19200),
  even(4800),
  even(1200),
  even(115200),
  even(38400),
  even(57600),
  even(600),
];

/** Of receivers for radio meters, as they leave the factory: IMST, Amber, and what is built upon a serial bridge. */
export const receivers: readonly LineSetting[] = [plain(57600), plain(9600), plain(115200), plain(38400)];
