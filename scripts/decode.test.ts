import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll, describe, expect, it } from "vitest";
import { SmlMeter } from "../hil-tests/meters/sml-meter.ts";
import { dataFolder } from "../hil-tests/programs.ts";
import { concat, fromHex, toHex } from "../protocols/bytes.ts";
import { nodeCiphers } from "../protocols/crypto-node.ts";
import { sealApdu, writeNotification } from "../protocols/dlms-write.ts";
import { smlEntry, smlInteger, smlPush } from "../protocols/sml-write.ts";
import { decodeCommand } from "./decode.ts";

const folder = mkdtempSync(join(tmpdir(), "dreihasen-decode-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly lines: Record<string, unknown>[];
  readonly err: string;
}

async function decode(
  input: string | Uint8Array[],
  more: {
    hex?: boolean;
    protocol?: string;
    key?: string;
    auth?: string;
    mac?: string;
    map?: string;
    salvage?: boolean;
    correctSigns?: boolean;
  } = {},
): Promise<Outcome> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let text = "";
  stdout.on("data", (chunk) => {
    text += chunk;
  });
  const stdin = Readable.from(typeof input === "string" ? [] : input.map((part) => Buffer.from(part)));
  const order = {
    protocol: "sml",
    input: typeof input === "string" ? input : "-",
    hex: false,
    lang: "en",
  } as const;
  const code = await decodeCommand({ ...order, ...more }, { stdin, stdout, stderr });
  const lines = text.split("\n").filter((line) => line !== "");
  return { code, lines: lines.map((line) => JSON.parse(line)), err: String(stderr.read() ?? "") };
}

function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  );
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const meter = new SmlMeter({ profile: "ebz", number: 3, seed: 9 });
const telegram = meter.telegram();

describe("hasen decode", () => {
  it("prints one line of JSON for each telegram, good or bad, in order", async () => {
    const bad = Uint8Array.from(telegram);
    bad[60] ^= 1;
    const path = file("two.bin", concat([telegram, bad, telegram.subarray(0, 100)]));
    const { code, lines, err } = await decode(path);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(lines).toEqual([
      {
        offset: 0,
        protocol: "sml",
        meter: "0a0145425a00000f4243",
        readings: [
          { obis: "1-0:96.50.1*1", value: "45425a", unit: null },
          { obis: "1-0:96.1.0*255", value: "0a0145425a00000f4243", unit: null },
          { obis: "1-0:1.8.0*255", value: "2941646.10000", unit: "Wh" },
          { obis: "1-0:2.8.0*255", value: "0.00000", unit: "Wh" },
          { obis: "1-0:16.7.0*255", value: expect.stringMatching(/^\d+\.\d\d$/), unit: "W" },
          { obis: "1-0:36.7.0*255", value: expect.stringMatching(/^\d+\.\d\d$/), unit: "W" },
          { obis: "1-0:56.7.0*255", value: expect.stringMatching(/^\d+\.\d\d$/), unit: "W" },
          { obis: "1-0:76.7.0*255", value: expect.stringMatching(/^\d+\.\d\d$/), unit: "W" },
        ],
      },
      {
        offset: telegram.length,
        protocol: "sml",
        fault: "checksum",
        detail: expect.stringContaining("transport CRC"),
      },
      { offset: 2 * telegram.length, protocol: "sml", fault: "truncated", detail: expect.any(String) },
    ]);
  });

  it("reads a live line from standard input, however it is cut", async () => {
    const whole = await decode([concat([telegram, telegram])]);
    expect(whole.lines).toHaveLength(2);
    for (const size of [1, 7, 64]) {
      expect(await decode(cut(concat([telegram, telegram]), size))).toEqual(whole);
    }
  });

  it("marks a value that was put right", async () => {
    const faulty = new SmlMeter({ profile: "dzgFaulty", number: 1, seed: 2 });
    // Two bytes whose first bit is set: what the faulty meters send as negative.
    while (faulty.state.power < 2 ** 15 || faulty.state.power >= 2 ** 16) {
      faulty.step(1000);
    }
    const { lines } = await decode([faulty.telegram()]);
    const readings = lines[0]?.["readings"] as { obis: string; value: string; quality?: string }[];
    const power = readings.find(({ obis }) => obis === "1-0:16.7.0*255");
    expect(power?.value).toBe((faulty.state.power / 100).toFixed(2));
    expect(power?.quality).toBe("corrected");
  });

  it("with --hex takes one telegram a line and gives line numbers as offsets", async () => {
    const hex = toHex(telegram);
    const text = `# a list\n\n${hex}\n${hex.toUpperCase()} ;key=00112233\n1b1b\nnot hex\n${hex.slice(0, 80)}\n${hex}`;
    const { code, lines } = await decode(file("list.hex", text), { hex: true });
    expect(code).toBe(0);
    expect(lines.map((line) => [line["offset"], line["fault"] ?? "good"])).toEqual([
      [3, "good"],
      [4, "good"],
      [5, "syntax"],
      [6, "syntax"],
      [7, "truncated"],
      [8, "good"],
    ]);
  });

  it("opens a telegram with the key behind it, or with the one of the command line, and prints M-Bus records", async () => {
    // OMS specification volume 2 annex N, security profile A.
    const text =
      "2e44931578563412330333637a2a0020255923c95aaa26d1b2e7493bc2ad013ec4a6f6d3529b520edff0ea6defc955b29d6d69ebf3ec8a";
    const key = "0102030405060708090a0b0c0d0e0f11";
    const path = file("oms.hex", `${text};key=${key}\n${text}\n${text};key=00${key.slice(2)}\n`);
    const order = { hex: true, protocol: "wmbus" };
    const { code, lines } = await decode(path, order);
    expect(code).toBe(0);
    expect(lines.map((line) => line["fault"] ?? line["meter"])).toEqual(["12345678", "no-key", "wrong-key"]);
    expect((lines[0]!["readings"] as object[])[0]).toEqual({
      header: "0c14",
      raw: "27048502",
      quantity: "volume",
      function: "instantaneous",
      storage: 0,
      tariff: 0,
      subunit: 0,
      value: "28504.27",
      unit: "m3",
    });
    const given = await decode(path, { ...order, key });
    expect(given.lines.map((line) => line["fault"] ?? line["meter"])).toEqual([
      "12345678",
      "12345678",
      "wrong-key",
    ]);
  });

  it("takes a DLMS meter's authentication key from the line or the command line, and says where nobody gave one", async () => {
    const key = "36c66639e48a8ca4d6bc8b282a793bbb";
    const auth = "92705c5c97286064eabae38d190f87a4";
    const keys = { ciphers: nodeCiphers, key: fromHex(key)!, auth: fromHex(auth)! };
    const data = fromHex("020309060100010800ff060003ff2702020f00161e")!;
    const push = writeNotification(1, fromHex("07e704010615202300ff8880")!, data);
    const apdu = toHex(
      sealApdu(keys, { title: fromHex("4b464d6730303031")!, counter: 1, control: 0x30 }, push),
    );
    const path = file(
      "dlms.hex",
      `${apdu};key=${key};auth=${auth}\n${apdu};auth=${key};key=${key}\n${apdu};key=${key}\n`,
    );
    const { lines } = await decode(path, { hex: true, protocol: "dlms" });
    const telegram = { protocol: "dlms", meter: "4b464d6730303031" };
    const reading = { obis: "1-0:1.8.0*255", value: "261927", unit: "Wh", time: "2023-04-01T21:32:35+02:00" };
    expect(lines).toEqual([
      { offset: 1, ...telegram, readings: [reading] },
      { offset: 2, protocol: "dlms", fault: "checksum", detail: expect.any(String) },
      { offset: 3, ...telegram, quality: "unauthenticated", readings: [reading] },
    ]);
    const given = await decode([fromHex(apdu)!], { protocol: "dlms", key, auth });
    expect(given.lines).toEqual([{ offset: 0, ...telegram, readings: [reading] }]);
    const wrong = await decode(path, { hex: true, protocol: "dlms", auth: "none" });
    expect(wrong.code).toBe(64);
    expect(wrong.err).toContain("--auth");
  });

  it("prints a radio sensor's advert as quantities, with the address it is encrypted with behind it", async () => {
    // From the BTHome format's description of encryption.
    const advert =
      "41a47266c95f730011223378237214;key=231d39c1d7cc1ab1aee224cd096db932;mac=54:48:E6:8F:80:A5";
    const { lines } = await decode(file("advert.hex", `${advert}\n40015d\n`), {
      hex: true,
      protocol: "bthome",
    });
    expect(lines).toEqual([
      {
        offset: 1,
        protocol: "bthome",
        meter: "5448e68f80a5",
        readings: [
          { quantity: "temperature", value: "25.06", unit: "degC" },
          { quantity: "humidity", value: "50.55", unit: "%" },
        ],
      },
      {
        offset: 2,
        protocol: "bthome",
        meter: null,
        quality: "unchecked",
        readings: [{ quantity: "battery", value: "93", unit: "%" }],
      },
    ]);
  });

  it("prints a Modbus line's registers raw, or named by the meter's map", async () => {
    const path = file("bus.hex", "01040000000271cb 010404436633341b38\n");
    const raw = await decode(path, { hex: true, protocol: "modbus" });
    const readings = [
      { table: "input", address: 0, raw: "4366" },
      { table: "input", address: 1, raw: "3334" },
    ];
    expect(raw.lines[0]).toEqual({ offset: 1, protocol: "modbus", meter: "1", readings });
    const named = await decode(path, { hex: true, protocol: "modbus", map: "sdm630" });
    expect(named.lines[0]).toMatchObject({
      readings: [{ obis: "1-0:32.7.0*255", value: "230.20001", unit: "V" }],
    });
    const wrong = await decode(path, { hex: true, protocol: "modbus", map: "sdm" });
    expect(wrong.code).toBe(64);
    expect(wrong.err).toContain("sdm630");
  });

  it("exits 65 without a good telegram and says what was found instead", async () => {
    const nothing = await decode(file("text.txt", "1-0:1.8.0*255(000123)"));
    expect(nothing).toMatchObject({ code: 65, lines: [] });
    expect(nothing.err).toMatch(/text\.txt.*\n.*21 bytes.*\n.*--hex/);
    const faulty = await decode(file("cut.bin", telegram.subarray(0, 50)));
    expect(faulty.code).toBe(65);
    expect(faulty.err).toContain("each of them has a fault");
    expect((await decode([])).err).toContain("standard input");
  });

  it("says that a port which was not raw has swallowed the ends of all telegrams", async () => {
    const raw = concat([telegram, telegram, telegram]);
    const eaten = raw.filter((byte) => ![0x03, 0x04, 0x1a].includes(byte));
    const swallowed = await decode([eaten]);
    expect(swallowed.code).toBe(65);
    expect(swallowed.err).toContain("was not set raw");
    expect(swallowed.err).toContain("stty -F PORT 9600 raw -echo");
    const torn = raw.filter((_, at) => at % 101 !== 100);
    expect((await decode([torn])).err).not.toContain("raw");
  });

  it("exits 66 when the file cannot be read", async () => {
    const missing = await decode(join(folder, "absent.bin"));
    expect(missing).toMatchObject({ code: 66, lines: [] });
    expect(missing.err).toContain("There is no file");
    expect((await decode(folder)).code).toBe(66);
  });

  it("exits 64 for a protocol or a key that is none, and names the protocols", async () => {
    const outcome = await decode(file("any.bin", telegram), { protocol: "smell" });
    expect(outcome.code).toBe(64);
    expect(outcome.err).toMatch(/smell[\s\S]*sml/);
    const wrongKey = await decode(file("any.bin", telegram), { key: "no secret" });
    expect(wrongKey.code).toBe(64);
    expect(wrongKey.err).toContain("32 digits");
    expect(wrongKey.err).not.toMatch(/no secret|Choose/);
  });

  it("marks what is salvaged of a damaged telegram, behind its fault, where that is asked for", async () => {
    const bad = Uint8Array.from(telegram);
    bad[bad.length - 1]! ^= 1;
    expect((await decode([bad])).code).toBe(65);
    const { code, lines } = await decode([bad], { salvage: true });
    expect(code).toBe(0);
    expect(lines).toMatchObject([
      { offset: 0, fault: "checksum" },
      { offset: 0, meter: "0a0145425a00000f4243", quality: "salvaged", readings: { length: 8 } },
    ]);
  });

  it("refuses a choice that the language does not have", async () => {
    for (const choice of [{ salvage: true }, { correctSigns: false }]) {
      const { code, err } = await decode([telegram], { protocol: "d0", ...choice });
      expect(code).toBe(64);
      expect(err).toContain(choice.salvage ? "--salvage" : "--no-correct-signs");
    }
  });

  it("leaves a DZG meter's signs as they are sent where that is asked for", async () => {
    const dzg = smlPush({
      number: 1,
      server: fromHex("0a01445a470002813580")!,
      listName: null,
      time: null,
      entries: [
        smlEntry({
          obis: fromHex("0100100700ff")!,
          status: null,
          time: null,
          unit: 27,
          scaler: -2,
          value: smlInteger({ signed: true, width: 2, value: -29912 }),
        }),
      ],
      checksum: "x25",
    });
    const told = async (correctSigns: boolean) =>
      (await decode([dzg], { correctSigns })).lines[0]!["readings"];
    expect(await told(true)).toMatchObject([{ value: "356.24", quality: "corrected" }]);
    expect(await told(false)).toEqual([{ obis: "1-0:16.7.0*255", value: "-299.12", unit: "W" }]);
  });

  it("stops quietly when nobody reads its output any more", async () => {
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error("EPIPE")) });
    const path = file("long.bin", concat(Array.from({ length: 500 }, () => telegram)));
    const streams = { stdin: Readable.from([]), stdout, stderr: new PassThrough() };
    expect(await decodeCommand({ protocol: "sml", input: path, hex: false }, streams)).toBe(0);
    expect(streams.stderr.read()).toBeNull();
  });
});

const meters = dataFolder("meters");

interface Expected {
  readonly file: string;
  readonly offset: number;
  readonly meter?: string;
  readonly readings?: { readonly obis: string; readonly value: string; readonly unit: string | null }[];
  readonly fault?: string;
}

describe.skipIf(meters === null)(
  "hasen decode sml, against every capture (skipped without meter data)",
  () => {
    const expected =
      meters === null
        ? []
        : readFileSync(join(meters, "sml.expected.ndjson"), "utf8")
            .split("\n")
            .filter((line) => line !== "")
            .map((line) => JSON.parse(line) as Expected);
    const files = [...new Set(expected.map((line) => line.file))];

    it.each([1, 7, 64, Number.MAX_SAFE_INTEGER])(
      "gives every telegram and entry, in pieces of %i bytes",
      async (size) => {
        for (const name of files) {
          const bytes = readFileSync(join(meters!, name));
          const { code, lines } = await decode(cut(bytes, Math.min(size, bytes.length)));
          const wanted = expected.filter((line) => line.file === name);
          const good = wanted.filter((line) => line.readings !== undefined);
          const strip = ({ offset, meter, readings }: Expected) => ({
            offset,
            meter,
            readings: readings?.map(({ obis, value, unit }) => ({ obis, value, unit })),
          });
          const found = lines as unknown as Expected[];
          expect(found.filter((line) => line.readings !== undefined).map(strip), name).toEqual(
            good.map(strip),
          );
          expect(code, name).toBe(good.length > 0 ? 0 : 65);
          for (const line of wanted.filter((one) => one.fault === "checksum")) {
            expect(found, name).toContainEqual(
              expect.objectContaining({ offset: line.offset, fault: "checksum" }),
            );
          }
        }
      },
    );
  },
);

describe.skipIf(meters === null)(
  "hasen decode d0 and dsmr, against every capture (skipped without meter data)",
  () => {
    it.each([
      ["d0", false],
      ["dsmr", true],
    ] as const)("prints each %s telegram as it must be", async (protocol, hex) => {
      const expected = readFileSync(join(meters!, `${protocol}.expected.ndjson`), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Expected);
      for (const name of new Set(expected.map((line) => line.file))) {
        const { code, lines } = await decode(join(meters!, name), { hex, protocol });
        const wanted = expected.filter((line) => line.file === name);
        const strip = (line: object) => ({ ...line, file: name, detail: "", quality: "" });
        expect(lines.map(strip)).toEqual(wanted.map(strip));
        expect(code).toBe(wanted.some((line) => line.readings !== undefined) ? 0 : 65);
      }
    });
  },
);
