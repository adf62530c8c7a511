import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { receive } from "../hil-tests/envelope-receive.ts";
import { envelopeVectors, type VectorSession } from "../hil-tests/envelope-vectors.ts";
import { pythonWith } from "../hil-tests/programs.ts";
import { fromHex, toHex } from "./bytes.ts";
import type { SessionOrder } from "./envelope.ts";
import { isFault } from "./fault.ts";

const file = fileURLToPath(new URL("vectors/envelope.ndjson", import.meta.url));
const peer = fileURLToPath(new URL("../hil-tests/envelope-peer.py", import.meta.url));
const python = pythonWith("cbor2", "cryptography");

function committed(): VectorSession[] {
  return readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line): VectorSession => JSON.parse(line));
}

function hex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array(0);
}

describe("the envelope's own vectors", () => {
  it("are made anew byte for byte", async () => {
    await expect(envelopeVectors()).toMatchFileSnapshot(file);
  });

  it("open to their payloads: 1,024 messages, each in both forms", () => {
    let opened = 0;
    for (const session of committed()) {
      const order: SessionOrder = { ...session, root: hex(session.root) };
      for (const [, payload, compressed, standard] of session.messages) {
        for (const frame of [compressed, standard]) {
          const result = receive(order, hex(frame));
          expect(isFault(result) ? result : toHex(result)).toBe(payload);
          opened++;
        }
      }
    }
    expect(opened).toBe(2048);
  });

  it("do not open in the other direction or under another deployment's name", () => {
    for (const session of committed()) {
      const order: SessionOrder = { ...session, root: hex(session.root) };
      const frame = hex(session.messages[3][2]);
      const other = session.direction === "up" ? "down" : "up";
      expect(receive({ ...order, direction: other }, frame)).toMatchObject({ fault: "bad-tag" });
      expect(receive({ ...order, deployment: "elsewhere" }, frame)).toMatchObject({ fault: "bad-tag" });
    }
  });

  const without = python === null ? " (skipped: no Python with cbor2 and cryptography)" : "";
  it.skipIf(python === null)(
    `are made identically, opened, and refused when damaged by an implementation in Python${without}`,
    () => {
      const input = readFileSync(file);
      const run = spawnSync(python ?? "", [peer], { input, maxBuffer: 1 << 24 });
      expect(run.status, run.stderr.toString()).toBe(0);
      expect(run.stdout.equals(input)).toBe(true);
    },
  );
});
