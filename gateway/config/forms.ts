import { resolve } from "node:path";
import { fromHex } from "../../protocols/bytes.ts";
import { parseDecimal } from "../../protocols/decimal.ts";
import { mbusAddress } from "../../protocols/mbus-address.ts";
import type { WordKey } from "../words/words.ts";
import type { Address } from "./schema.ts";

/**
 * Texts with a meaning: how the `form` of a schema (schema.ts) is read. `read` gives the value, or undefined where the text has not
 * that form; `number` says how the value compares with `least` and `most`.
 */
export interface Form {
  readonly read: (text: string, folder: string) => unknown;
  readonly expected: WordKey;
  readonly example: string;
  /** The value must not be shown. */
  readonly secret?: true;
}

const millisecondsOf: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const bytesOf: Readonly<Record<string, number>> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Milliseconds of "20 ms", "1.5 s", "15 min"; undefined for anything else. */
export function durationOf(text: string): number | undefined {
  return amountOf(text, millisecondsOf);
}

/** Bytes of "64 KiB", "1.5 GiB"; undefined for anything else. */
export function sizeOf(text: string): number | undefined {
  return amountOf(text, bytesOf);
}

function amountOf(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?([A-Za-z]+)$/.exec(text);
  const unit = match?.[2] ?? "";
  if (match === null || !Object.hasOwn(units, unit)) {
    return undefined;
  }
  const amount = Number(match[1]) * units[unit]!;
  return Number.isSafeInteger(amount) ? amount : undefined;
}

/** Host and port of "127.0.0.1:1883", "[::1]:1883", "gateway.local:1883". */
export function addressOf(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535) {
    return undefined;
  }
  return { host: match[1] ?? match[2] ?? "", port };
}

function brokerOf(text: string): string | undefined {
  if (!/^mqtts?:\/\//.test(text) || !URL.canParse(text)) {
    return undefined;
  }
  const url = new URL(text);
  const plain = url.password === "" && url.username === "" && /^\/?$/.test(url.pathname) && url.search === "";
  return plain && url.hostname !== "" && url.hash === "" ? text : undefined;
}

const namePattern = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const urnPrefix = "urn:dev:ops:";

/** A device's URN of a short name or a URN, or undefined. RFC 9039 §4.4 with at least two parts, 64 characters after the prefix. */
export function deviceUrnOf(text: string): string | undefined {
  const short = text.startsWith(urnPrefix) ? text.slice(urnPrefix.length) : text;
  const parts = /^[a-z0-9]+(?:-[a-z0-9]+)+$/.test(short) && short.length <= 64;
  return parts ? urnPrefix + short : undefined;
}

/** The short name of a device, as topics and screens show it. */
export function shortName(urn: string): string {
  return urn.slice(urn.lastIndexOf(":") + 1);
}

function deviceNameOf(text: string): string | undefined {
  const urn = deviceUrnOf(text);
  return urn === undefined ? undefined : shortName(urn);
}

function keyOf(text: string): Uint8Array | undefined {
  const bytes = /^[0-9a-fA-F]{32}$/.test(text) ? fromHex(text) : null;
  return bytes ?? undefined;
}

function macOf(text: string): string | undefined {
  return /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(text) ? text.toUpperCase() : undefined;
}

function euiOf(text: string): string | undefined {
  const digits = text.replace(/[-: ]/g, "");
  return /^[0-9a-fA-F]{16}$/.test(digits) ? digits.toLowerCase() : undefined;
}

export const forms: Readonly<Record<string, Form>> = {
  address: { read: addressOf, expected: "expected.address", example: "127.0.0.1:1883" },
  broker: { read: brokerOf, expected: "expected.broker", example: "mqtts://broker.city.example:8883" },
  decimal: { read: (text) => parseDecimal(text) ?? undefined, expected: "expected.decimal", example: "0.5" },
  device: { read: deviceNameOf, expected: "expected.device", example: "pb-rathaus-meter-017" },
  duration: { read: durationOf, expected: "expected.duration", example: "20 s" },
  eui: { read: euiOf, expected: "expected.eui", example: "AC233FC0FE000017" },
  key: { read: keyOf, expected: "expected.key", example: "00112233445566778899aabbccddeeff", secret: true },
  mac: { read: macOf, expected: "expected.mac", example: "C2:71:35:02:EE:B8" },
  mbusAddress: {
    read: (text) => (mbusAddress(text.toLowerCase()) === null ? undefined : text.toLowerCase()),
    expected: "expected.mbusAddress",
    example: "66600102",
  },
  meterId: {
    read: (text) => (/^[0-9a-f]{8}$/i.test(text) ? text.toLowerCase() : undefined),
    expected: "expected.meterId",
    example: "66600102",
  },
  name: {
    read: (text) => (namePattern.test(text) ? text : undefined),
    expected: "expected.name",
    example: "paderborn",
  },
  path: {
    read: (text, folder) => (text !== "" && !text.includes("\0") ? resolve(folder, text) : undefined),
    expected: "expected.path",
    example: "./data",
  },
  modbusPort: {
    read: (text, folder) => (text.startsWith("tcp:") ? tcpAddressOf(text) : forms.path?.read(text, folder)),
    expected: "expected.modbusPort",
    example: "tcp://192.0.2.10:502",
  },
  pin: {
    read: (text) => (/^[A-Z][A-Z0-9]{0,7}$/.test(text) ? text : undefined),
    expected: "expected.pin",
    example: "D1",
  },
  size: { read: sizeOf, expected: "expected.size", example: "64 MiB" },
  urn: {
    read: (text) => (text.startsWith(urnPrefix) ? deviceUrnOf(text) : undefined),
    expected: "expected.urn",
    example: "urn:dev:ops:pb-rathaus-meter-017",
  },
};

/** Host and port of a Modbus/TCP server; without a port 502, which is Modbus' own. */
function tcpAddressOf(text: string): string | undefined {
  const url = /^tcp:\/\/[^/?#@\s]+$/.test(text) && URL.canParse(text) ? new URL(text) : null;
  return url === null || url.hostname === "" || url.port === "0"
    ? undefined
    : `tcp://${url.hostname}:${url.port === "" ? 502 : url.port}`;
}

/** A text of a form that would work, for one that does not: "20" -> "20 s", "512MB" -> "512 MiB", "1883" -> "127.0.0.1:1883". */
export function repaired(form: string, text: string): string | null {
  const amount = /^(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z\u00b5]*)$/.exec(text.trim());
  if (amount !== null && (form === "duration" || form === "size")) {
    const unit = unitMeant(form, amount[2] ?? "");
    const candidate = unit === null ? null : `${amount[1]} ${unit}`;
    return candidate !== null && forms[form]?.read(candidate, "/") !== undefined ? candidate : null;
  }
  if (form === "address" && /^:?\d{1,5}$/.test(text)) {
    return `127.0.0.1:${text.replace(":", "")}`;
  }
  if (form === "broker" && /^[A-Za-z0-9.-]+(:\d+)?$/.test(text)) {
    return `mqtt://${text}`;
  }
  if (form === "mac" && /^[0-9a-fA-F]{2}([-: ]?[0-9a-fA-F]{2}){5}$/.test(text)) {
    return (text.match(/[0-9a-fA-F]{2}/g) ?? []).join(":").toUpperCase();
  }
  if (form === "urn" && deviceUrnOf(text) !== undefined) {
    return urnPrefix + text;
  }
  const plain = text.toLowerCase().replace(/[ _.]/g, "-");
  if (
    (form === "name" && namePattern.test(plain)) ||
    (form === "device" && deviceUrnOf(plain) !== undefined)
  ) {
    return plain;
  }
  return null;
}

const unitWords: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  duration: {
    "": "s",
    sec: "s",
    secs: "s",
    second: "s",
    seconds: "s",
    sek: "s",
    sekunden: "s",
    m: "min",
    mins: "min",
    minute: "min",
    minutes: "min",
    minuten: "min",
    hour: "h",
    hours: "h",
    std: "h",
    stunden: "h",
    day: "d",
    days: "d",
    tage: "d",
    msec: "ms",
    millis: "ms",
  },
  size: { "": "MiB", k: "KiB", kb: "KiB", m: "MiB", mb: "MiB", g: "GiB", gb: "GiB", byte: "B", bytes: "B" },
};

function unitMeant(form: "duration" | "size", unit: string): string | null {
  const units = Object.keys(form === "duration" ? millisecondsOf : bytesOf);
  const word = unit.toLowerCase();
  const exact = units.find((candidate) => candidate.toLowerCase() === word);
  return exact ?? (Object.hasOwn(unitWords[form]!, word) ? unitWords[form]![word]! : null);
}
