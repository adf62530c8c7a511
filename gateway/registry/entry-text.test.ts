import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../protocols/bytes.ts";
import { loadConfig } from "../config/config-file.ts";
import { entryAsWritten, entryText } from "./entry-text.ts";
import { type EntryFile, entrySchema } from "./registry-entry.ts";

const kid = fc.integer({ min: 1, max: 65535 });
const name = fc.stringMatching(/^[a-z0-9]{1,20}-[a-z0-9]{1,20}$/);
const entries: fc.Arbitrary<EntryFile> = fc
  .record({
    name,
    state: fc.constantFrom("active" as const, "revoked" as const),
    kid,
    alg: fc.constantFrom("ccm" as const, "hmac" as const),
    key: fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
    personal: fc.boolean(),
    local: fc.boolean(),
    firstKid: fc.option(fc.integer({ min: 0, max: 65535 }), { nil: undefined }),
    revokedKids: fc.array(kid, { maxLength: 256 }),
  })
  .map(({ name, key, firstKid, ...rest }) => ({
    version: 1,
    device: `urn:dev:ops:${name}`,
    ...rest,
    ...(key !== undefined && { key }),
    ...(firstKid !== undefined && { firstKid }),
  }));

const asYaml = (text: string) => loadConfig(entrySchema, { file: "entry", text, secret: true });

describe("a device's file", () => {
  it("that nobody has changed is read without YAML, and says what YAML says", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const text = entryText(entry);
        expect(entryAsWritten(utf8(text))).toEqual(entry);
        expect(asYaml(text)).toEqual(entry);
      }),
    );
  });

  it("with any one character changed is left to YAML, or says what YAML says", () => {
    const characters = fc.constantFrom(..." \n0179afx:\"#-[],'~&*".split(""));
    fc.assert(
      fc.property(entries, fc.nat(), characters, fc.boolean(), (entry, at, character, insert) => {
        const text = entryText(entry);
        const place = at % text.length;
        const changed = text.slice(0, place) + character + text.slice(place + (insert ? 0 : 1));
        const quick = entryAsWritten(utf8(changed));
        if (quick !== null) {
          expect(quick).toEqual(asYaml(changed));
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    "kid: 0",
    "kid: 70000",
    "kid: 007",
    "firstKid: 70000",
    "revokedKids: [0]",
    "revokedKids: [70000]",
  ])("with %s is left to YAML, which says what is wrong", (line) => {
    const [key] = line.split(":");
    const entry = { version: 1, device: "urn:dev:ops:pb-a-1", state: "active", kid: 7, alg: "ccm" } as const;
    const good = entryText({ ...entry, personal: true, local: false, firstKid: 3, revokedKids: [4] });
    const bad = good.replace(new RegExp(`^${key}: .*$`, "m"), line);
    expect(entryAsWritten(utf8(good))).not.toBeNull();
    expect(entryAsWritten(utf8(bad))).toBeNull();
  });
});
