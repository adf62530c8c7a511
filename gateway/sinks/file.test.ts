import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../log.ts";
import type { CityRecord, Gap } from "../sink.ts";
import { FileSink } from "./file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hasen-file-sink-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function sink(changes: { path?: string; fileMax?: number; files?: number } = {}): FileSink {
  const settings = {
    name: "file",
    path: join(folder, "records.ndjson"),
    fileMax: 4096,
    files: 3,
    ...changes,
  };
  return new FileSink(settings, { log: silentLog() });
}

function record(row: number): CityRecord {
  const device = "urn:dev:ops:pb-rathaus-meter-017";
  return {
    device,
    n: `${device}:activeEnergyImported`,
    u: "Wh",
    v: "2941646.1614",
    time: 1_760_000_000_250 + row * 1000,
    dh: `3/17/${row}`,
    timeQuality: null,
    backlog: false,
  };
}

const gap: Gap = {
  device: "urn:dev:ops:pb-1",
  epoch: 3,
  from: 5,
  to: 9,
  state: "open",
  reason: "not received",
};
const records = (count: number) => Array.from({ length: count }, (_, row) => record(row));
const read = (name = "records.ndjson") => readFileSync(join(folder, name), "utf8");

describe("the file sink", () => {
  it("writes one resolved SenML record a line, with the register's exact digits", async () => {
    const file = sink();
    expect(await file.send({ records: [record(1)], gaps: [gap] })).toEqual({ delivered: true });
    expect(read()).toBe(
      '{"n":"urn:dev:ops:pb-rathaus-meter-017:activeEnergyImported","u":"Wh","v":2941646.1614,' +
        '"t":1760000001.25,"dh":"3/17/1"}\n' +
        '{"gap":{"device":"urn:dev:ops:pb-1","epoch":3,"from":5,"to":9,"state":"open","reason":"not received"}}\n',
    );
    await file.stop();
  });

  it("says how the time was known and that a record waited", async () => {
    const file = sink();
    await file.send({ records: [{ ...record(1), timeQuality: "unknown", backlog: true }], gaps: [] });
    expect(JSON.parse(read())).toMatchObject({ dh: "3/17/1", dq: "unknown", db: true });
    await file.stop();
  });

  it("begins a new file before one grows too large, and keeps no more than it may", async () => {
    const file = sink({ fileMax: 4096, files: 3 });
    for (let batch = 0; batch < 20; batch++) {
      expect(await file.send({ records: records(10), gaps: [] })).toEqual({ delivered: true });
    }
    await file.stop();
    expect(readdirSync(folder).sort()).toEqual(["records.ndjson", "records.ndjson.1", "records.ndjson.2"]);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(4096);
      expect(read(name).endsWith("\n")).toBe(true);
    }
  });

  it("keeps only the running file when it may have one", async () => {
    const file = sink({ files: 1 });
    for (let batch = 0; batch < 5; batch++) {
      await file.send({ records: records(20), gaps: [] });
    }
    await file.stop();
    expect(readdirSync(folder)).toEqual(["records.ndjson"]);
  });

  it("goes on behind what is there, and cuts off a line that a crash left unfinished", async () => {
    const first = sink();
    await first.send({ records: [record(1)], gaps: [] });
    await first.stop();
    appendFileSync(join(folder, "records.ndjson"), '{"n":"urn:dev:o');
    const second = sink();
    await second.start();
    await second.send({ records: [record(2)], gaps: [] });
    await second.stop();
    const lines = read()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).dh);
    expect(lines).toEqual(["3/17/1", "3/17/2"]);
  });

  it("keeps the order of calls that overlap", async () => {
    const file = sink();
    await Promise.all([1, 2, 3].map((row) => file.send({ records: [record(row)], gaps: [] })));
    await file.stop();
    expect(
      read()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).dh),
    ).toEqual(["3/17/1", "3/17/2", "3/17/3"]);
  });

  it("may be read by its owner only", async () => {
    const file = sink();
    await file.start();
    expect(statSync(join(folder, "records.ndjson")).mode & 0o777).toBe(0o600);
    await file.stop();
  });

  it("names what is in the way, and delivers once it is gone", async () => {
    appendFileSync(join(folder, "blocked"), "a file where a folder should be");
    const file = sink({ path: join(folder, "blocked", "records.ndjson") });
    await file.start();
    expect(file.state().connected).toBe(false);
    const delivery = await file.send({ records: [record(1)], gaps: [] });
    expect(delivery).toMatchObject({ fault: "storage", transient: true });
    expect(file.state().trouble).toContain(
      `“${join(folder, "blocked")}” is a file, but a folder is needed here. Give`,
    );
    rmSync(join(folder, "blocked"));
    expect(await file.send({ records: [record(1)], gaps: [] })).toEqual({ delivered: true });
    expect(file.state()).toEqual({ connected: true, trouble: null });
    await file.stop();
  });

  const full = "/dev/full";
  it.skipIf(!existsSync(full))("names a full disk, and tries again later", async () => {
    const file = sink({ path: full });
    const delivery = await file.send({ records: [record(1)], gaps: [] });
    expect(delivery).toMatchObject({ fault: "storage", transient: true });
    expect(file.state().trouble).toContain("full");
    await file.stop();
  });
});
