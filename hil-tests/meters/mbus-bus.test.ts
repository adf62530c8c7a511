import fc from "fast-check";
import { SerialPort } from "serialport";
import { describe, expect, it } from "vitest";
import { concat, fromHex } from "../../protocols/bytes.ts";
import { decimalText } from "../../protocols/decimal.ts";
import { addressText, type MbusAddress, secondaryAddress } from "../../protocols/mbus-address.ts";
import { MbusPrimarySearch, MbusSecondarySearch, probesMax } from "../../protocols/mbus-search.ts";
import { type Job, MbusRead, MbusSession, type MbusStep } from "../../protocols/mbus-session.ts";
import { writeAnswer, writeRecord } from "../../protocols/mbus-write.ts";
import { has, until } from "../programs.ts";
import { openLine } from "./line.ts";
import { type BusMeter, MbusBus } from "./mbus-bus.ts";

/** A water meter that needs `telegrams` telegrams for its volumes. */
function water(primary: number, id: string, telegrams = 1): BusMeter {
  const wire = fromHex(id)!.reverse();
  const address = concat([fromHex("7704")!, wire, fromHex("0e07")!]);
  const instant = { function: "instantaneous", tariff: 0, subunit: 0 } as const;
  return {
    primary,
    secondary: { kind: "secondary", id, rest: "77040e07" },
    telegrams: () =>
      Array.from({ length: telegrams }, (_, i) => {
        const record = writeRecord({
          ...instant,
          storage: i,
          vib: [0x13],
          data: { coding: "bcd", bytes: 4, value: 1000 * primary + i },
        });
        const more = i < telegrams - 1 ? [0x1f] : [];
        const header = { address, accessNumber: i, status: 0, config: 0 };
        return writeAnswer(header, concat([record, new Uint8Array(more)]));
      }),
  };
}

/** What becomes of an answer; null where it is lost. */
type Disturbance = (answer: Uint8Array, number: number) => Uint8Array | null;

/** Runs a session in virtual time: an answer comes 50 ms after its request, in two pieces. */
function run(job: Job, bus: MbusBus, disturb: Disturbance = (answer) => answer): MbusStep[] {
  const session = new MbusSession(job, 2400);
  const all: MbusStep[] = [];
  const coming: Uint8Array[] = [];
  let now = 0;
  let answers = 0;
  const act = (steps: readonly MbusStep[]): void => {
    for (const step of steps) {
      all.push(step);
      for (const answer of step.type === "send" ? bus.receive(step.bytes) : []) {
        const said = disturb(answer, answers++) ?? new Uint8Array(0);
        coming.push(said.subarray(0, said.length >> 1), said.subarray(said.length >> 1));
      }
    }
  };
  act(session.start(now));
  while (all.at(-1)!.type !== "end") {
    now += coming.length > 0 ? 50 : 20;
    const piece = coming.shift();
    act(piece === undefined || piece.length === 0 ? session.tick(now) : session.push(piece, now));
  }
  return all;
}

function found(steps: readonly MbusStep[]): string[] {
  return steps.flatMap((step) => (step.type === "found" ? [addressText(step.address)] : []));
}

function faults(steps: readonly MbusStep[]): string[] {
  return steps.flatMap((step) =>
    step.type === "fault" ? [`${addressText(step.address)} ${step.fault.fault}`] : [],
  );
}

function volumes(steps: readonly MbusStep[]): string[] {
  return steps.flatMap((step) =>
    step.type !== "telegram"
      ? []
      : step.records.flatMap(({ value }) =>
          value === null || typeof value === "string" ? [] : [decimalText(value.integer, value.exponent)],
        ),
  );
}

const primary = (address: number): MbusAddress => ({ kind: "primary", address });
const all = secondaryAddress("ffffffff")!;
const quick = { thorough: false };

describe("reading a meter on a wired M-Bus", () => {
  const bus = () => new MbusBus([water(5, "12345678", 3), water(6, "12345679")]);

  it("asks for telegram after telegram until the meter has said everything", () => {
    expect(volumes(run(new MbusRead(primary(5), null), bus()))).toEqual(["5.000", "5.001", "5.002"]);
  });

  it("finds a meter by its secondary address", () => {
    expect(volumes(run(new MbusRead(secondaryAddress("12345679:77040e07")!, null), bus()))).toEqual([
      "6.000",
    ]);
    expect(volumes(run(new MbusRead(secondaryAddress("ffffff78")!, null), bus()))).toHaveLength(3);
  });

  it("asks again when an answer is lost or torn, and skips no telegram by that", () => {
    const torn: Disturbance = (answer, number) =>
      number % 3 === 1 ? null : number % 3 === 2 ? answer.subarray(0, 9) : answer;
    const steps = run(new MbusRead(primary(5), null), bus(), torn);
    expect(volumes(steps)).toEqual(["5.000", "5.001", "5.002"]);
    expect(faults(steps)).toEqual([]);
  });

  it("takes no echo of its request for an answer", () => {
    const session = new MbusSession(new MbusRead(primary(9), null), 2400);
    const [first] = session.start(0);
    const bytes = first!.type === "send" ? first!.bytes : new Uint8Array(0);
    session.push(bytes, 10);
    session.push(bytes.subarray(0, 0), 20);
    expect(session.tick(2000)).toEqual([{ type: "send", bytes }]);
  });

  it("says who does not answer", () => {
    expect(faults(run(new MbusRead(primary(7), null), bus()))).toEqual(["7 silent"]);
    expect(faults(run(new MbusRead(secondaryAddress("99999999")!, null), bus()))).toEqual([
      "99999999 silent",
    ]);
  });

  it("says when two meters answer at once", () => {
    const twice = new MbusBus([water(5, "12345678"), water(5, "22345679")]);
    expect(faults(run(new MbusRead(primary(5), null), twice))).toEqual(["5 bus"]);
  });

  it("gives no late answer of another meter to whoever is asked", () => {
    const other = new MbusBus([water(6, "12345679")]);
    other.receive(new Uint8Array([0x10, 0x40, 6, 0x46, 0x16]));
    const [late] = other.receive(new Uint8Array([0x10, 0x7b, 6, 0x81, 0x16]));
    const steps = run(new MbusRead(primary(5), null), bus(), (answer) =>
      answer.length > 1 ? late! : answer,
    );
    expect(volumes(steps)).toEqual([]);
    expect(faults(steps)).toEqual(["5 silent"]);
  });

  it("ends with a meter that always has more", () => {
    const many = water(5, "12345678", 40);
    expect(volumes(run(new MbusRead(primary(5), null), new MbusBus([many])))).toHaveLength(16);
    const same = { ...many, telegrams: () => [many.telegrams()[0]!] };
    const steps = run(new MbusRead(primary(5), null), new MbusBus([same]));
    expect(volumes(steps)).toHaveLength(1);
    expect(steps.length).toBeLessThan(30);
  });

  it("never ends up with another meter's value, nor without end, whatever the line loses, tears, flips or delivers late", () => {
    const fate = fc.constantFrom("good", "good", "lost", "torn", "flipped", "late", "twice");
    fc.assert(
      fc.property(fc.array(fate, { minLength: 1, maxLength: 60 }), (fates) => {
        const shared = bus();
        let number = 0;
        let late: Uint8Array | null = null;
        const disturb: Disturbance = (answer) => {
          const before = late;
          late = null;
          switch (fates[number++ % fates.length]) {
            case "lost":
              return before;
            case "torn":
              return concat([before ?? new Uint8Array(0), answer.subarray(0, answer.length >> 1)]);
            case "flipped":
              return answer.map((byte, i) => (i === answer.length >> 1 ? byte ^ 4 : byte));
            case "late":
              late = answer;
              return before;
            case "twice":
              late = answer;
              return answer;
            default:
              return before === null ? answer : concat([before, answer]);
          }
        };
        for (const [address, volume] of [
          [5, "5.000"],
          [6, "6.000"],
          [5, "5.000"],
        ] as const) {
          const steps = run(new MbusRead(primary(address), null), shared, disturb);
          const read = volumes(steps);
          expect(read).toEqual(
            ["5.000", "5.001", "5.002"]
              .map((text) => text.replace("5", String(address)))
              .slice(0, read.length),
          );
          expect(read.length > 0 ? read[0] : volume).toBe(volume);
          expect(steps.length).toBeLessThan(60);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("searching a wired M-Bus", () => {
  it("by primary address finds every meter and tells where two share one", () => {
    const bus = new MbusBus([
      water(1, "12345678"),
      water(17, "00000002"),
      water(30, "11111111"),
      water(30, "22222222"),
    ]);
    const steps = run(new MbusPrimarySearch(0, 250), bus);
    expect(found(steps)).toEqual(["1", "17"]);
    expect(faults(steps)).toEqual(["30 bus"]);
  });

  it("by wildcards finds every meter, also where many ids begin alike", () => {
    const ids = ["12345678", "12345679", "12399999", "02000000", "99999999", "99999990", "50000000"];
    const bus = new MbusBus(ids.map((id) => water(0, id)));
    const steps = run(new MbusSecondarySearch(all, quick), bus);
    expect(found(steps)).toEqual([...ids].sort());
    expect(faults(steps)).toEqual([]);
  });

  it("finds each of meters that answer in the same instant, when told to be thorough", () => {
    const ids = ["12345678", "12345679", "99999999", "99999990", "50000000"];
    const bus = new MbusBus(
      ids.map((id) => water(0, id)),
      { together: true },
    );
    const thorough = new MbusSecondarySearch(all, { thorough: true });
    expect(found(run(thorough, bus))).toEqual([...ids].sort());
  });

  it("keeps to the digits it is given", () => {
    const bus = new MbusBus(["12345678", "12345679", "12399999"].map((id) => water(0, id)));
    const steps = run(new MbusSecondarySearch(secondaryAddress("12345fff")!, quick), bus);
    expect(found(steps)).toEqual(["12345678", "12345679"]);
  });

  it("finds nothing on a silent bus, soon", () => {
    const steps = run(new MbusSecondarySearch(all, quick), new MbusBus([]));
    expect(steps.filter(({ type }) => type === "send")).toHaveLength(3);
    expect(found(steps)).toEqual([]);
  });

  it("names the id that two meters share", () => {
    const twins = new MbusBus([water(1, "12345678"), water(2, "12345678")]);
    expect(faults(run(new MbusSecondarySearch(all, quick), twins))).toEqual(["12345678 bus"]);
  });

  it("gives up on a line of noise", () => {
    const session = new MbusSession(new MbusSecondarySearch(all, quick), 38400);
    let now = 0;
    let sent = 0;
    let steps = session.start(now);
    while (steps.at(-1)?.type !== "end") {
      sent += steps.filter(({ type }) => type === "send").length;
      now += 500;
      steps = [...session.push(new Uint8Array([0x55, 0x33]), now), ...session.tick(now + 400)];
      now += 400;
    }
    expect(faults(steps).at(-1)).toMatch(/limit$/);
    expect(sent).toBeLessThan(5 * probesMax);
  });

  it.each(["ffffffff", "12345678", "1234ffff:7704ffff"])("takes %s for an address", (text) => {
    expect(addressText(secondaryAddress(text)!)).toBe(text);
  });

  it.each(["", "1234567", "1234567g", "12345678:77", "12345678:77040e07:1"])("and %j for none", (text) => {
    expect(secondaryAddress(text)).toBeNull();
  });
});

describe("a bus behind a serial port", () => {
  it.skipIf(!has("socat") && !has("python3"))(
    "is searched and read (needs socat or python3)",
    async () => {
      const bus = new MbusBus([water(3, "12345678", 2), water(4, "87654321")]);
      const line = await openLine({ paced: false });
      line.onRequest = (bytes) => {
        for (const answer of bus.receive(bytes)) {
          line.write(answer);
        }
      };
      const port = new SerialPort({ path: line.path, baudRate: 38400, autoOpen: false });
      await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
      try {
        const search = await runOver(port, new MbusPrimarySearch(3, 4));
        expect(found(search)).toEqual(["3", "4"]);
        const read = await runOver(port, new MbusRead(secondaryAddress("12345678")!, null));
        expect(volumes(read)).toEqual(["3.000", "3.001"]);
      } finally {
        await new Promise<void>((resolve) => port.close(() => resolve()));
        await line.close();
      }
    },
    60_000,
  );
});

async function runOver(port: SerialPort, job: Job): Promise<MbusStep[]> {
  const session = new MbusSession(job, 38400);
  const steps: MbusStep[] = [];
  const act = (more: readonly MbusStep[]) => {
    for (const step of more) {
      steps.push(step);
      if (step.type === "send") {
        port.write(step.bytes);
      }
    }
  };
  const onData = (bytes: Buffer) => act(session.push(bytes, performance.now()));
  port.on("data", onData);
  act(session.start(performance.now()));
  await until(
    "the session has ended",
    () => {
      act(session.tick(performance.now()));
      return steps.at(-1)?.type === "end";
    },
    30_000,
  );
  port.off("data", onData);
  return steps;
}
