import { describe, expect, it } from "vitest";
import { SimulatedDevice } from "../hil-tests/simulated-device.ts";

describe("a device", () => {
  it("says hello first in each epoch, and its rows arrive", () => {
    const device = new SimulatedDevice();
    expect(device.boot()).toBeNull();
    device.run(10_500);
    expect(device.gateway.stored[0]).toMatchObject({
      epoch: 0,
      piv: 0,
      message: { type: "hello", bootReason: "first", previousEpoch: null },
    });
    const rows = device.gateway.packs().flatMap((pack) => pack.rows);
    expect(device.faults).toEqual([]);
    expect(rows.length).toBe(11);
    expect(rows[0].values).toEqual([2100, 500]);
  });
});
