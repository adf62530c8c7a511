import type { Static } from "@sinclair/typebox";
import { Type } from "@sinclair/typebox";
import { loadConfig } from "../config/config-file.ts";
import { shortName } from "../config/forms.ts";
import { choice, deviceUrn, flag, group, list, whole } from "../config/schema.ts";
import { type ProblemError, problem } from "../problem.ts";
import type { Word } from "../words/words.ts";
import { entryAsWritten } from "./entry-text.ts";
import { kidMax, revokedMax } from "./key-counter.ts";

/** A device as the gateway knows it. */
export interface DeviceEntry {
  /** URN, e.g. urn:dev:ops:pb-rathaus-meter-017. */
  readonly device: string;
  /** Last part of the URN. */
  readonly name: string;
  /** 1 to 65535; never given twice. */
  readonly kid: number;
  /** The key it began with: each key counts epochs from 0, so the others' are told apart (`city-epoch.ts`). None: this one. */
  readonly firstKid?: number;
  /** As protocols/envelope.ts numbers them: 0 AES-CCM, 1 HMAC. */
  readonly alg: 0 | 1;
  /** Root key, 16 bytes. Of a revoked entry it is random: nothing can verify under it. */
  readonly root: Uint8Array;
  readonly state: "active" | "revoked";
  /** Whether it may carry quantities marked personal. */
  readonly personal: boolean;
  /** The gateway reads it by itself: its key is in no other hands. */
  readonly local?: boolean;
}

const kid = whole({
  about: { en: "Number of the key", de: "Nummer des Schlüssels" },
  minimum: 1,
  maximum: kidMax,
});

export const entrySchema = group(
  {
    version: choice([1], { about: { en: "Form of this file", de: "Form dieser Datei" } }),
    device: deviceUrn({ about: { en: "URN of the device", de: "URN des Geräts" } }),
    state: choice(["active", "revoked"], {
      about: { en: "Whether it is heard", de: "Ob es gehört wird" },
    }),
    kid,
    alg: choice(["ccm", "hmac"], {
      about: {
        en: "ccm encrypts, hmac only authenticates",
        de: "ccm verschlüsselt, hmac sichert nur die Echtheit",
      },
    }),
    key: Type.Optional(
      Type.Unsafe<Uint8Array>({
        type: "string",
        form: "key",
        about: { en: "Root key; none when revoked", de: "Wurzelschlüssel; keiner, wenn gesperrt" },
      }),
    ),
    personal: flag({
      about: {
        en: "Whether it may carry personal quantities",
        de: "Ob es personenbezogene Größen übertragen darf",
      },
    }),
    local: flag({
      about: {
        en: "Whether the gateway reads it by itself, as a meter of its own",
        de: "Ob das Gateway es selbst liest, als eigenen Zähler",
      },
      default: false,
    }),
    firstKid: Type.Optional(
      whole({
        about: {
          en: "Number of its first key; 0 where that is not known any more",
          de: "Nummer seines ersten Schlüssels; 0, wenn sie nicht mehr bekannt ist",
        },
        minimum: 0,
        maximum: kidMax,
      }),
    ),
    revokedKids: list(kid, {
      about: { en: "Numbers of its earlier keys", de: "Nummern seiner früheren Schlüssel" },
      default: [],
      maxItems: revokedMax,
    }),
  },
  { about: { en: "Entry of a device", de: "Eintrag eines Geräts" } },
);

export type EntryFile = Static<typeof entrySchema>;

export const algorithms = ["ccm", "hmac"] as const;

/** What an entry's file says, or why the device it names is shut out. */
export function readEntry(file: string, text: Uint8Array, name: string): EntryFile | ProblemError {
  const value = entryAsWritten(text) ?? loadConfig(entrySchema, { file, text, secret: true });
  if (Array.isArray(value)) {
    const first = value[0]!;
    return damaged(file, name, { word: `${first.code}.what`, parameters: first.parameters });
  }
  if (shortName(value.device) !== name) {
    const parameters = { key: "device", value: value.device, allowed: name };
    return damaged(file, name, { word: "CFG-006.what", parameters });
  }
  if (value.state === "active" && value.key === undefined) {
    const parameters = { key: "key", place: { word: "place.whole" } };
    return damaged(file, name, { word: "CFG-004.what", parameters } as Word);
  }
  return value;
}

function damaged(file: string, name: string, reason: Word): ProblemError {
  return problem("DEV-065", { file, name, reason }, { where: file });
}
