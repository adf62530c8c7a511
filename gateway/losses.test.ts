import { beforeEach, describe, expect, it } from "vitest";
import type { Ranges } from "../protocols/ranges.ts";
import { decodeLosses, encodeLosses } from "./entry.ts";
import { grace, Losses, type LossState, type Witness } from "./losses.ts";
import type { Gap } from "./sink.ts";

const device = "urn:dev:ops:pb-meter-1";
let told: Gap[];
let losses: Losses;

beforeEach(() => {
  told = [];
  losses = new Losses((gap) => told.push(gap));
});

function witness(...epochs: [number, Ranges][]): Witness[] {
  return [
    { kid: 1, device, epochs: epochs.map(([epoch, received]) => ({ epoch, bootTime: null, received })) },
  ];
}

const brief = (): unknown[] => told.splice(0).map(({ epoch, from, to, state }) => [epoch, from, to, state]);

describe("loss accounting", () => {
  it("tells a hole once it has stayed open for a while, and that it closed when the message came late", () => {
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [7, 9],
        ],
      ]),
      0,
    );
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [7, 9],
        ],
      ]),
      grace - 1,
    );
    expect(brief()).toEqual([]);
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [7, 9],
        ],
      ]),
      grace,
    );
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [7, 9],
        ],
      ]),
      2 * grace,
    );
    expect(brief()).toEqual([[1, 5, 6, "open"]]);
    losses.check(
      witness([
        1,
        [
          [0, 5],
          [7, 9],
        ],
      ]),
      3 * grace,
    );
    expect(brief()).toEqual([[1, 5, 5, "closed"]]);
    losses.check(witness([1, [[0, 9]]]), 4 * grace);
    expect(brief()).toEqual([[1, 6, 6, "closed"]]);
  });

  it("says nothing of messages that merely overtook each other", () => {
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [6, 6],
        ],
      ]),
      0,
    );
    losses.check(witness([1, [[0, 6]]]), grace);
    expect(brief()).toEqual([]);
  });

  it("names what is missing at the end of an epoch, when the next hello says what was last", () => {
    losses.ended(1, 1, 12, 0);
    losses.check(witness([2, [[0, 0]]], [1, [[0, 9]]]), 0);
    losses.check(witness([2, [[0, 0]]], [1, [[0, 9]]]), grace);
    expect(brief()).toEqual([[1, 10, 12, "open"]]);
  });

  it("names a whole epoch of which nothing came", () => {
    losses.ended(1, 1, 3, 0);
    losses.check(witness([2, [[0, 0]]]), 0);
    losses.check(witness([2, [[0, 0]]]), grace);
    expect(brief()).toEqual([[1, 0, 3, "open"]]);
  });

  it("says that an end is not known, once, with the time before which it lies", () => {
    losses.ended(1, 1, null, 1_763_000_000_000);
    losses.check(witness([2, [[0, 0]]], [1, [[0, 9]]]), 0);
    losses.check(witness([2, [[0, 0]]], [1, [[0, 9]]]), grace);
    expect(told[0]).toMatchObject({ before: 1_763_000_000 });
    expect(brief()).toEqual([[1, 10, null, "open"]]);
  });

  it("gives up what is too old to be taken any more", () => {
    losses.check(
      witness([
        1,
        [
          [0, 0],
          [3, 3],
        ],
      ]),
      0,
    );
    losses.check(
      witness([
        1,
        [
          [0, 0],
          [3, 3],
        ],
      ]),
      grace,
    );
    brief();
    losses.check(witness([6, [[0, 0]]]), 2 * grace);
    losses.check(witness([6, [[0, 0]]]), 3 * grace);
    expect(brief()).toEqual([[1, 1, 2, "dropped"]]);
  });

  it("does not call closed what the device says it dropped", () => {
    losses.check(
      witness([
        1,
        [
          [0, 0],
          [3, 3],
        ],
      ]),
      0,
    );
    losses.check(
      witness([
        1,
        [
          [0, 0],
          [3, 3],
        ],
      ]),
      grace,
    );
    brief();
    losses.dropped(1, 1, [[1, 2]]);
    losses.check(witness([1, [[0, 3]]]), 2 * grace);
    expect(brief()).toEqual([]);
  });

  it("goes on after a restart where it was, from the gap records it had written", () => {
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [7, 9],
        ],
      ]),
      0,
    );
    losses.check(
      witness([
        1,
        [
          [0, 4],
          [7, 9],
        ],
      ]),
      grace,
    );
    const written = told.splice(0);
    const state = decodeLosses(encodeLosses(losses.state())) as LossState;
    losses = new Losses((gap) => told.push(gap));
    for (const gap of written) {
      losses.restore(gap, 1);
    }
    losses.check(witness([1, [[0, 9]]]), 10 * grace);
    expect(brief()).toEqual([[1, 5, 6, "closed"]]);
    losses = new Losses((gap) => told.push(gap));
    losses.restoreState(state);
    losses.check(witness([1, [[0, 9]]]), 10 * grace);
    expect(brief()).toEqual([[1, 5, 6, "closed"]]);
  });

  it("keeps in a snapshot what of an epoch may still be told, and nothing of one that came whole", () => {
    losses.ended(1, 1, 9, 1000);
    losses.ended(1, 2, 4, 2000);
    losses.ended(1, 3, null, 3000);
    losses.rows(device, 0);
    const whole = (_kid: number, epoch: number, last: number): boolean => epoch === 2 && last <= 4;
    const { epochs, rowsDropped } = losses.state([], whole);
    expect(epochs.map(({ epoch }) => epoch)).toEqual([1, 3]);
    expect(rowsDropped).toEqual([]);
  });

  it("counts what is missing, told or not", () => {
    expect(
      losses.count(
        witness(
          [2, [[4, 4]]],
          [
            1,
            [
              [0, 4],
              [7, 9],
            ],
          ],
        ),
      ),
    ).toBe(6);
    expect(
      losses.of(
        witness([
          1,
          [
            [0, 4],
            [7, 9],
          ],
        ])[0],
      ),
    ).toMatchObject([{ epoch: 1, from: 5, to: 6, state: "open" }]);
  });
});
