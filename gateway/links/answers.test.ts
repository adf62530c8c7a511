import { PassThrough, Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import { Answers } from "./answers.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a line's PUBACKs", () => {
  it("of one turn go out in one write, in their order", async () => {
    const line = new PassThrough();
    const acknowledgements = new Answers(line);
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
    new Answers(line).add(1, () => gone++);
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
    new Answers(line).add(1, () => gone++);
    await turn();
    await turn();
    expect(gone).toBe(1);
  });

  it("go out together with the frames for the device, each numbered anew where it is asked to confirm", async () => {
    const line = new PassThrough();
    const answers = new Answers(line);
    const topic = Buffer.from("t");
    answers.send(topic, Uint8Array.of(7), 1);
    answers.acknowledge(5, 10);
    answers.send(topic, Uint8Array.of(8), 0);
    answers.send(topic, new Uint8Array(130), 1);
    expect(answers.frameBytes).toBe(8 + 6 + 3 + 135);
    await turn();
    const bytes = line.read() as Buffer;
    expect(bytes.subarray(0, 18).toString("hex")).toBe("40020005" + "320600017400" + "0107" + "300400017408");
    expect(bytes.subarray(18, 26).toString("hex")).toBe("3287010001740002");
    expect(bytes.length).toBe(18 + 138);
    expect(answers.frameBytes).toBe(0);
  });

  it("say of how many bytes of messages they have left", async () => {
    let left = 0;
    const answers = new Answers(new PassThrough(), (bytes) => {
      left += bytes;
    });
    answers.acknowledge(1, 30);
    answers.acknowledge(2, 12);
    expect(left).toBe(0);
    await turn();
    await turn();
    expect(left).toBe(42);
  });
});
