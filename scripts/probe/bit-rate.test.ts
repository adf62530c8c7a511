import { expect, it } from "vitest";
import { randomBytes } from "../../hil-tests/meters/noise.ts";
import { Receiver, Uart } from "../../hil-tests/probe/uart.ts";
import { BitRate } from "./bit-rate.ts";
import { plain } from "./setting.ts";

/** What a receiver at one speed guesses of a sender at another. */
function guess(listening: number, sending: number, kind: { breaksAreZeros: boolean; waitsForHigh: boolean }) {
  const line = new Uart();
  line.send(randomBytes(7, 400), plain(sending), 1);
  const receiver = new Receiver(line, plain(listening), kind);
  const rate = new BitRate(listening);
  rate.push(receiver.receive(line.free + 100));
  return rate.guess();
}

it.each([
  [9600, 4800],
  [9600, 2400],
  [9600, 1200],
  [1200, 600],
  [1200, 300],
  [115_200, 57_600],
  [115_200, 38_400],
  [115_200, 19_200],
])("at %d baud, garbage tells that its sender has %d", (listening, sending) => {
  for (const waitsForHigh of [true, false]) {
    expect(guess(listening, sending, { breaksAreZeros: false, waitsForHigh })).toBe(sending);
  }
});

it.each([
  [9600, 9600],
  [9600, 19_200],
  [9600, 115_200],
  [1200, 9600],
])("at %d baud, nothing tells that a sender of %d baud is slower", (listening, sending) => {
  expect(guess(listening, sending, { breaksAreZeros: true, waitsForHigh: true })).toBeNull();
});

it("zeros alone tell that the sender is slower by far", () => {
  const rate = new BitRate(9600);
  rate.push(new Uint8Array(50));
  expect(rate.guess()).toBe(1200);
});
