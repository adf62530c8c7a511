import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { PubAcks } from "./pub-acks.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("PUBACKs", () => {
  it("of one turn go out in one write, in their order", async () => {
    const line = new PassThrough();
    const acknowledgements = new PubAcks(line);
    const chunks: string[] = [];
    line.on("data", (chunk: Buffer) => chunks.push(chunk.toString("hex")));
    acknowledgements.add(1, () => {});
    acknowledgements.add(0xabcd, () => {});
    await turn();
    acknowledgements.add(2, () => {});
    await turn();
    await turn();
    expect(chunks).toEqual(["400200014002abcd", "40020002"]);
  });

  it("say that they have gone when the line has taken them, not before", async () => {
    let take: () => void = () => {};
    const line = new Writable({
      write: (_chunk, _encoding, done) => {
        take = done;
      },
    });
    let gone = 0;
    new PubAcks(line).add(1, () => gone++);
    await turn();
    expect(gone).toBe(0);
    take();
    await turn();
    expect(gone).toBe(1);
  });

  it("to a line that is closed are done with all the same", async () => {
    const line = new PassThrough();
    line.on("error", () => {});
    line.destroy();
    let gone = 0;
    new PubAcks(line).add(1, () => gone++);
    await turn();
    await turn();
    expect(gone).toBe(1);
  });
});
