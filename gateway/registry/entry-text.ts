/** A device's file as text: how it is written, and how it is read back where nobody has changed it by hand. */
import { fromHex, toHex } from "../../protocols/bytes.ts";
import { deviceUrnOf } from "../config/forms.ts";
import { kidMax, revokedMax } from "./key-counter.ts";
import type { EntryFile } from "./registry-entry.ts";

export function entryText(entry: EntryFile): string {
  return [
    "# A device of this gateway, with its key. Keep it to yourself (mode 0600); change it with `hasen device`.",
    "version: 1",
    `device: ${entry.device}`,
    `state: ${entry.state}`,
    `kid: ${entry.kid}`,
    `alg: ${entry.alg}`,
    ...(entry.key === undefined ? [] : [`key: "${toHex(entry.key)}"`]),
    `personal: ${entry.personal}`,
    ...(entry.local ? ["local: true"] : []),
    ...(entry.firstKid === undefined ? [] : [`firstKid: ${entry.firstKid}`]),
    `revokedKids: [${entry.revokedKids.join(", ")}]`,
    "",
  ].join("\n");
}

const written =
  /\ndevice: (?<device>\S+)\nstate: (?<state>active|revoked)\nkid: (?<kid>\d{1,5})\nalg: (?<alg>ccm|hmac)\n(?:key: "(?<key>[0-9a-f]{32})"\n)?personal: (?<personal>true|false)\n(?<local>local: true\n)?(?:firstKid: (?<firstKid>\d{1,5})\n)?revokedKids: \[(?<revoked>[\d, ]*)\]\n$/;

/**
 * What a file says that is byte for byte as `entryText` writes it; null for any other, also a good one: that one takes a YAML reader, which
 * is twenty times as slow, and thousands of files are read at a start.
 */
export function entryAsWritten(bytes: Uint8Array): EntryFile | null {
  const text = new TextDecoder().decode(bytes);
  const found = written.exec(text)?.groups;
  if (found === undefined) {
    return null;
  }
  const key = found["key"] === undefined ? null : fromHex(found["key"]);
  const entry: EntryFile = {
    version: 1,
    device: found["device"]!,
    state: found["state"] as EntryFile["state"],
    kid: Number(found["kid"]),
    alg: found["alg"] as EntryFile["alg"],
    ...(key !== null && { key }),
    personal: found["personal"] === "true",
    local: found["local"] !== undefined,
    ...(found["firstKid"] !== undefined && { firstKid: Number(found["firstKid"]) }),
    revokedKids: (found["revoked"]!.match(/\d+/g) ?? []).map(Number),
  };
  return isAllowed(entry) && entryText(entry) === text ? entry : null;
}

/** The schema's bounds. */
function isAllowed({ device, kid, firstKid, revokedKids }: EntryFile): boolean {
  const isKid = (number: number) => number >= 1 && number <= kidMax;
  return (
    deviceUrnOf(device) === device &&
    isKid(kid) &&
    (firstKid ?? 0) <= kidMax &&
    revokedKids.length <= revokedMax &&
    revokedKids.every(isKid)
  );
}
