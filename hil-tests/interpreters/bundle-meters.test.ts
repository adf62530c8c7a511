/** Bundles with meters whose first telegram decides the columns elsewhere, on a board of Node: named channels, exact values. */
import { describe, expect, it } from "vitest";
import { D0Meter } from "../meters/d0-meter.ts";
import { busIds, mbusSimulator } from "../meters/mbus-meter.ts";
import { SmlMeter } from "../meters/sml-meter.ts";
import { boardWith, lineAt } from "./sensor-at-board.ts";
import type { StubBoard } from "./stub-board.ts";

const at = { port: "Serial2", rx: "D16", tx: "D17", interval: 60_000 };
const day = { number: 1, seed: 7 };

/** A meter that sends by itself, `every` ms, for a while; `damage` may change what the line carries. */
function pushes(
  board: StubBoard,
  meter: { step(ms: number): void; telegram(): Uint8Array },
  {
    every,
    seconds,
    damage = (telegram) => telegram,
  }: {
    readonly every: number;
    readonly seconds: number;
    readonly damage?: (telegram: Uint8Array, number: number) => Uint8Array | null;
  },
) {
  const line = lineAt(board, "Serial2", () => {});
  return {
    line,
    go() {
      for (let n = 0; n * every < 1000 * seconds; n++) {
        meter.step(every);
        const said = damage(meter.telegram(), n);
        for (let from = 0; said !== null && from < said.length; from += 48) {
          line.say(said.subarray(from, from + 48));
          board.time.advance(40);
        }
        board.time.advance(every - 40 * Math.ceil((said?.length ?? 0) / 48));
      }
    },
  };
}

describe("a bundle with an SML meter", () => {
  const sml = { ...at, driver: "sml-meter", baud: 0, correctSigns: true, salvage: false };

  it("reads one telegram for each row, to the last digit", async () => {
    const { board, rows, run } = await boardWith(sml);
    const meter = new SmlMeter({ profile: "emh", ...day });
    const { line, go } = pushes(board, meter, { every: 1000, seconds: 1200 });
    run();
    expect(line.settings).toMatchObject([{ baud: 9600, bytesize: 8, parity: "none", rx: "D16" }]);
    go();
    expect(board.printed).toEqual([]);
    expect(rows().length).toBeGreaterThanOrEqual(19);
    const [imported, power] = rows().at(-1) ?? [];
    expect(imported).toBeGreaterThan(29_416_461_000);
    expect(Number(imported) % 1000).toBe(0); // this meter sends tenths of a Wh
    expect(Math.abs(Number(power) - meter.state.power)).toBeLessThan(200_000);
  }, 60_000);

  it("takes the next one where one is damaged, says missing while it is silent, and goes on when it comes back", async () => {
    const { board, gateway, rows, run } = await boardWith({
      ...sml,
      channels: [{ quantity: "activePower" }],
    });
    const meter = new SmlMeter({ profile: "holley", ...day });
    const damage = (telegram: Uint8Array, n: number) => {
      const hit = new Uint8Array(telegram);
      hit[99]! ^= n % 7 < 3 ? 4 : 0;
      return n > 600 && n < 1200 ? null : hit;
    };
    const { go } = pushes(board, meter, { every: 1000, seconds: 1800, damage });
    run();
    go();
    const powers = rows().map(([power]) => power);
    const missing = powers.indexOf(null);
    expect(missing).toBeGreaterThan(8);
    expect(powers.filter((power) => power === null)).toHaveLength(1); // and none of its last ones with a new time
    expect(powers.filter((power) => power !== null).length).toBeGreaterThanOrEqual(18);
    board.time.advance(3_600_000);
    const faults = new Map(gateway.of("status").at(-1)?.message.faults ?? []);
    expect(faults.get("checksum")).toBeGreaterThan(5);
    expect(faults.get("silent")).toBe(2); // and once it was at its end
  }, 60_000);

  it("gives no value in coarser steps than the meter's, and tells of it", async () => {
    const { board, gateway, rows, run } = await boardWith({
      ...sml,
      channels: [{ quantity: "activeEnergyImported", decimals: 1 }, { quantity: "activePower" }],
    });
    const { go } = pushes(board, new SmlMeter({ profile: "ebz", ...day }), { every: 1000, seconds: 3700 });
    run();
    go();
    expect(rows().every(([imported, power]) => imported === null && power !== null)).toBe(true);
    expect(new Map(gateway.of("status").at(-1)?.message.faults).get("unsupported")).toBeGreaterThan(50);
  }, 60_000);
});

describe("a bundle with a D0 meter", () => {
  it("that pushes reads one telegram for each row, its kilowatt-hours as watt-hours", async () => {
    const { board, rows, run } = await boardWith({ ...at, driver: "d0-meter", baud: 0 });
    const meter = new D0Meter({ profile: "q3d", ...day });
    const { line, go } = pushes(board, meter, { every: 2000, seconds: 1200 });
    run();
    expect(line.settings).toMatchObject([{ baud: 9600, bytesize: 7, parity: "even" }]);
    go();
    expect(rows().length).toBeGreaterThanOrEqual(19);
    const [imported, power] = rows().at(-1) ?? [];
    const now = Math.floor(meter.state.imported / 10);
    expect(now - Number(imported)).toBeGreaterThanOrEqual(0);
    expect(now - Number(imported)).toBeLessThan(1_000_000);
    expect(power).not.toBeNull();
  }, 60_000);

  it.each(["modeA", "modeB", "modeC"] as const)(
    "of %s is asked for each row, at the speed that was agreed upon",
    async (profile) => {
      const { board, rows, run } = await boardWith({
        ...at,
        driver: "d0-asked-meter",
        address: "",
        baudMax: 9600,
        wake: false,
      });
      const meter = new D0Meter({ profile, ...day });
      let sending = 0;
      const line = lineAt(board, "Serial2", (bytes) => {
        // What is said at a speed that the line does not have is not understood.
        const heardAt = line.settings.at(-1)?.baud ?? 0;
        const spoken = (1000 * 10 * bytes.length) / heardAt;
        let after = 0;
        sending = board.time.monotonic() + spoken;
        for (const { pause, baud, bytes: said } of meter.receive(
          new Uint8Array(bytes).map((byte) => byte & 0x7f),
        )) {
          after += pause;
          const start = spoken + after;
          board.time.after(start, () => {
            expect(line.settings.at(-1)?.baud).toBe(baud);
          });
          after += (1000 * 10 * said.length) / baud;
          board.time.after(spoken + after, () => line.say(said));
        }
      });
      const setup = line.settings.push.bind(line.settings);
      line.settings.push = (...given) => {
        expect(board.time.monotonic()).toBeGreaterThanOrEqual(sending); // what was said is out before the speed changes
        return setup(...given);
      };
      run();
      board.time.advance(20 * 60_000);
      expect(rows().length).toBeGreaterThanOrEqual(19);
      expect(rows().at(-1)).toEqual([Math.floor(meter.state.imported / 10_000_000) * 1_000_000]);
      expect(board.printed).toEqual([]);
    },
    60_000,
  );
});

describe("a bundle with an M-Bus meter", () => {
  it("asks it for each row, with even parity, by the digits printed on it", async () => {
    const { board, rows, run } = await boardWith({
      ...at,
      driver: "mbus-meter",
      baud: 0,
      address: busIds.heat,
      channels: [{ quantity: "heatEnergy" }, { quantity: "flowTemperature" }],
    });
    const bus = mbusSimulator.create({ profile: "heat", seed: 7 });
    const line = lineAt(board, "Serial2", (bytes) => {
      for (const { bytes: said } of bus.receive(new Uint8Array(bytes))) {
        board.time.after(60, () => line.say(said));
      }
    });
    run();
    expect(line.settings).toMatchObject([{ baud: 2400, bytesize: 8, parity: "even" }]);
    board.time.advance(20 * 60_000);
    expect(rows().length).toBeGreaterThanOrEqual(19);
    expect(rows().at(-1)).toEqual([2_941_000, 6520]);
  }, 60_000);
});
