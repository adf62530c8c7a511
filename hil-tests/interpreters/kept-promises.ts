import { expect, it } from "vitest";
import type { poleAtGateway } from "./pole-at-gateway.ts";
import { StubBoard } from "./stub-board.ts";

/** A board with its gateway, and the code it runs. */
export type Start = () => ReturnType<typeof poleAtGateway> & { readonly code: string };

/** What every firmware of a board promises, the smallest too. */
export function keepsItsPromises(start: Start): void {
  it("goes on in the next epoch after the power was gone, and never repeats a number under a key", () => {
    const { board, gateway, code } = start();
    board.run(code);
    board.time.advance(30 * 60_000);
    const again = new StubBoard(board.flash);
    again.onFrame = board.onFrame;
    again.run(code);
    again.time.advance(1000);
    const hellos = gateway.of("hello");
    expect(hellos.map(({ epoch }) => epoch)).toEqual([0, 1]);
    expect(hellos[1].message).toMatchObject({ bootReason: "power", previousEpoch: 0, lastPiv: null });
    expect(gateway.repeatedNonces).toEqual([]);
  });

  it("keeps what it can while the gateway is away, and names what it gave up", () => {
    const { board, gateway, code } = start();
    board.run(code);
    board.time.advance(60_000);
    const listen = board.onFrame;
    board.onFrame = () => {};
    board.time.advance(30 * 3_600_000);
    board.onFrame = listen;
    board.time.advance(3_600_000);
    const known = new Set(gateway.stored.filter(({ epoch }) => epoch === 0).map(({ piv }) => piv));
    const dropped = gateway.of("dropped").flatMap(({ message }) => message.ranges);
    expect(dropped.length).toBeGreaterThan(0);
    for (let piv = 0; piv < Math.max(...known); piv++) {
      const named = dropped.some(([from, to]) => from <= piv && piv <= to);
      expect(known.has(piv) || named, `message ${piv}`).toBe(true);
    }
    expect(gateway.repeatedNonces).toEqual([]);
  });
}
