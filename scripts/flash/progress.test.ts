import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { Progress } from "./progress.ts";

function texts(isTerminal: boolean) {
  const out = Object.assign(new PassThrough(), isTerminal ? { isTTY: true } : {});
  let text = "";
  out.on("data", (chunk) => {
    text += chunk;
  });
  let now = 1000;
  const progress = new Progress(out, "de", () => now);
  const at = (ms: number, done: number) => {
    now = 1000 + ms;
    progress.show(done, 1000);
  };
  return { at, end: () => progress.end(), read: () => text };
}

it("a terminal shows one bar with the time that is left at the pace so far", () => {
  const shown = texts(true);
  shown.at(0, 200); // there from an earlier try: no pace of ours
  shown.at(1000, 400);
  shown.at(4000, 1000);
  shown.end();
  const [, first, second, last] = shown.read().split("\r\u001b[K  ");
  expect(first).toBe("schreibe ▇▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁ 20 %");
  expect(second).toBe("schreibe ▇▇▇▇▇▇▇▇▁▁▁▁▁▁▁▁▁▁▁▁ 40 %   noch 3 s");
  expect(last).toBe("schreibe ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ 100 %\n");
});

it("elsewhere there is a plain line at each quarter", () => {
  const shown = texts(false);
  for (let done = 10; done <= 1000; done += 10) {
    shown.at(done, done);
  }
  shown.end();
  expect(shown.read().match(/\d+ %/g)).toEqual(["25 %", "50 %", "75 %", "100 %"]);
  expect(shown.read()).not.toContain("\r");
});
