import { fromHex, toHex } from "./bytes.ts";
import { longFrame, shortFrame } from "./mbus-frame.ts";

/** How a meter on a wired M-Bus is called (EN 13757-3 §11), and the requests that call it. */
export type MbusAddress =
  /** 1 to 250 on the bus; 0 for a meter fresh from the works; 254 asks whoever is there. */
  { readonly kind: "primary"; readonly address: number } | SecondaryAddress;

export interface SecondaryAddress {
  readonly kind: "secondary";
  /** Eight digits as printed; `f` stands for any digit. */
  readonly id: string;
  /** Maker 2, version, type as on the wire, in hex; `ff` stands for any. */
  readonly rest: string;
}

export const primaryMost = 250;
/** Where a meter answers that was selected by its secondary address. */
const selected = 253;
const sndNke = 0x40;
const sndUd = 0x53;
const reqUd2 = 0x5b;
const frameCountBit = 0x20;
const ciSelect = 0x52;

export const anyRest = "ffffffff";

/** The secondary address of a text such as "12345678" or "1234ffff:7704ffff"; null where it is none. */
export function secondaryAddress(text: string): SecondaryAddress | null {
  const parts = text.toLowerCase().split(":");
  const rest = parts.length > 1 ? parts[1] : anyRest;
  return parts.length < 3 && /^[0-9f]+$/.test(parts[0]) && parts[0].length === 8 && isRest(rest)
    ? { kind: "secondary", id: parts[0], rest: rest }
    : null;
}

/** The address of a text: "1" to "250" on the bus, or a secondary address; null where it is none. */
export function mbusAddress(text: string): MbusAddress | null {
  if (text.length > 3 || !/^[0-9]+$/.test(text)) {
    return secondaryAddress(text);
  }
  const number = parseInt(text, 10);
  return number > primaryMost ? null : { kind: "primary", address: number };
}

function isRest(text: string): boolean {
  return /^[0-9a-f]+$/.test(text) && text.length === 8;
}

/** As configs and logs have it: "5", "66600101" or, where more than the id is known, "66600101:a5114004". */
export function addressText(address: MbusAddress): string {
  return address.kind === "primary"
    ? String(address.address)
    : address.rest === anyRest
      ? address.id
      : address.id + ":" + address.rest;
}

/** Resets a meter's frame count; for secondary addresses, takes the selection back. The meter acknowledges. */
export function resetRequest(address: MbusAddress): Uint8Array {
  return shortFrame(sndNke, busAddress(address));
}

/** Asks for data. `count`: the frame count bit, which changes with each telegram that came well. */
export function dataRequest(address: MbusAddress, count: boolean): Uint8Array {
  return shortFrame(reqUd2 | (count ? frameCountBit : 0), busAddress(address));
}

/** Selects every meter that fits; each of them acknowledges. */
export function selectRequest(address: SecondaryAddress): Uint8Array {
  const id = fromHex(address.id) as Uint8Array;
  const user = new Uint8Array(9);
  user[0] = ciSelect;
  user.set([id[3], id[2], id[1], id[0]], 1);
  user.set(fromHex(address.rest) as Uint8Array, 5);
  return longFrame(sndUd, selected, user) as Uint8Array;
}

/** What a selecting frame asks for; null for any other frame. */
export function selectedBy(frame: Uint8Array): SecondaryAddress | null {
  if (frame.length !== 17 || frame[4] !== sndUd || frame[5] !== selected || frame[6] !== ciSelect) {
    return null;
  }
  return {
    kind: "secondary",
    id: toHex(new Uint8Array([frame[10], frame[9], frame[8], frame[7]])),
    rest: toHex(frame.subarray(11, 15)),
  };
}

/** Whether a meter's own address is one that a pattern means. */
export function fits(pattern: SecondaryAddress, own: SecondaryAddress): boolean {
  for (let i = 0; i < 8; i++) {
    if (pattern.id.charAt(i) !== "f" && pattern.id.charAt(i) !== own.id.charAt(i)) {
      return false;
    }
  }
  return (
    fitsPart(pattern.rest, own.rest, 0, 4) &&
    fitsPart(pattern.rest, own.rest, 4, 2) &&
    fitsPart(pattern.rest, own.rest, 6, 2)
  );
}

function fitsPart(pattern: string, own: string, at: number, length: number): boolean {
  const part = pattern.substr(at, length);
  return part === "ffff".substr(0, length) || part === own.substr(at, length);
}

function busAddress(address: MbusAddress): number {
  return address.kind === "primary" ? address.address : selected;
}
