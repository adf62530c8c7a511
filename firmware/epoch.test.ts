import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seeded } from "../boards/platforms/seeded.ts";
import { PowerCut, readOnly, SimulatedStorage } from "../boards/platforms/simulated-storage.ts";
import { fault, isFault } from "../protocols/fault.ts";
import { beginEpoch, type EpochStart, endEpoch, epochFile, epochMax, reachFile } from "./epoch.ts";

function storage(): SimulatedStorage {
  return new SimulatedStorage(seeded(1));
}

function begin(on: SimulatedStorage): EpochStart {
  const start = beginEpoch(on);
  if (isFault(start)) {
    throw new Error(start.detail);
  }
  return start;
}

describe("the epoch record", () => {
  it("begins with 0 and goes up by one at every boot", () => {
    const disk = storage();
    expect(begin(disk)).toEqual({ epoch: 0, previous: null, lastPiv: null, bootReason: "first" });
    expect(begin(disk)).toEqual({ epoch: 1, previous: 0, lastPiv: null, bootReason: "power" });
  });

  it("knows the last message of an epoch that was ended in order, and how it ended", () => {
    const disk = storage();
    begin(disk);
    endEpoch(disk, { epoch: 0, lastPiv: 41, reason: "restart" });
    expect(begin(disk)).toEqual({ epoch: 1, previous: 0, lastPiv: 41, bootReason: "restart" });
    endEpoch(disk, { epoch: 1, lastPiv: null, reason: "stopped" });
    expect(begin(disk)).toMatchObject({ epoch: 2, lastPiv: null, bootReason: "stopped" });
  });

  it("skips one epoch after a torn record: last valid + 2", () => {
    for (let length = 1; length <= 8; length++) {
      const disk = storage();
      begin(disk);
      begin(disk);
      disk.corrupt(epochFile, (bytes) => bytes.subarray(0, 9 + length));
      expect(begin(disk).epoch).toBe(2);
      expect(begin(disk).epoch).toBe(3);
    }
  });

  it("goes on behind all it may have given when the file is lost, and says of the one before that it does not know it", () => {
    const disk = storage();
    begin(disk);
    begin(disk);
    disk.corrupt(epochFile, (bytes) => bytes.subarray(0, 0));
    expect(begin(disk)).toEqual({ epoch: 1024, previous: null, lastPiv: null, bootReason: "power" });
    expect(begin(disk)).toMatchObject({ epoch: 1025, previous: 1024 });
    disk.corrupt(epochFile, (bytes) => bytes.subarray(0, 0));
    expect(begin(disk).epoch).toBe(2048);
  });

  it("begins nothing before storage has kept how far it may come", () => {
    const disk = storage();
    const append = disk.append.bind(disk);
    disk.append = (name, bytes) => (name === reachFile ? readOnly : append(name, bytes));
    expect(beginEpoch(disk)).toEqual(readOnly);
  });

  it("takes a new file, with the newest record alone, where storage says that the old one is full", () => {
    const disk = storage();
    const append = disk.append.bind(disk);
    disk.append = (name, bytes) =>
      disk.read(name).length + bytes.length > 30 ? fault("full", "no room") : append(name, bytes);
    for (let epoch = 0; epoch < 20; epoch++) {
      expect(begin(disk).epoch).toBe(epoch);
    }
    expect(endEpoch(disk, { epoch: 19, lastPiv: 3, reason: "stopped" })).toBeNull();
    expect(begin(disk)).toMatchObject({ epoch: 20, previous: 19, lastPiv: 3, bootReason: "stopped" });
  });

  it("never gives an epoch twice, whatever bit of its file flips and wherever the power is cut", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.nat(20), { maxLength: 60 }), (seed, steps) => {
        const disk = new SimulatedStorage(seeded(seed));
        const given: number[] = [];
        for (const step of steps) {
          disk.cutAtWrite(step === 0 ? 1 : Number.POSITIVE_INFINITY);
          try {
            given.push(begin(disk).epoch);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(PowerCut);
          }
          if (step === 1 && given.length > 0) {
            // The newest record is the one a worn card loses.
            disk.corrupt(epochFile, (bytes) =>
              bytes.map((byte, at) => (at === bytes.length - 1 - (seed & 7) ? byte ^ 1 : byte)),
            );
          }
        }
        expect(new Set(given).size).toBe(given.length);
      }),
    );
  });

  it("stays small over thousands of boots", () => {
    const disk = storage();
    for (let boot = 0; boot < 3000; boot++) {
      expect(begin(disk).epoch).toBe(boot);
    }
    expect(disk.read(epochFile).length).toBeLessThan(4200);
  });

  it("loses no epoch that was given when the power is cut while the file is put anew", () => {
    const disk = storage();
    for (let boot = 0; boot < 455; boot++) {
      begin(disk);
    }
    disk.cutAtWrite(1);
    expect(() => begin(disk)).toThrow(PowerCut);
    expect(begin(disk).epoch).toBeGreaterThan(454);
    expect(disk.read(epochFile).length).toBeLessThan(20);
  });

  it("ends when all epochs of a key are used", () => {
    const disk = storage();
    begin(disk);
    endEpoch(disk, { epoch: epochMax, lastPiv: null, reason: "stopped" });
    expect(beginEpoch(disk)).toMatchObject({ fault: "epochs-used-up" });
  });

  it("gives no epoch on a storage that can only be read", () => {
    const disk = storage();
    disk.refusal = readOnly;
    expect(beginEpoch(disk)).toEqual(readOnly);
  });

  it("gives no epoch on a storage that says yes and keeps nothing", () => {
    const forgetful = { read: () => new Uint8Array(0), append: () => null, replace: () => null };
    expect(beginEpoch(forgetful)).toMatchObject({ fault: "storage" });
  });
});
