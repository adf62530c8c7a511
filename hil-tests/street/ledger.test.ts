import { describe, expect, it } from "vitest";
import { parseFaults } from "./faults.ts";
import { balances, DeviceAccount, total } from "./ledger.ts";

const nowhere = (): boolean => false;

describe("the ledger", () => {
  it("places each row once, delivered before buffered before on the device", () => {
    const account = new DeviceAccount();
    for (let piv = 0; piv < 5; piv++) {
      account.sealed(1, piv, 10);
      account.acknowledged(1, piv);
    }
    account.delivered(1, 0, 3);
    account.delivered(1, 0, 3);
    account.openRows = 2;
    account.dropped(1, 4, 4);
    const ledger = account.balance(
      (message) => message === "1/1",
      (message) => message === "1/1" || message === "1/2",
    );
    expect(ledger).toEqual({ produced: 52, delivered: 1, buffered: 10, onDevice: 12, dropped: 10, lost: 19 });
    expect(balances(ledger)).toBe(false);
  });

  it("balances only when nothing is lost", () => {
    const account = new DeviceAccount();
    account.sealed(1, 0, 1);
    expect(balances(account.balance(nowhere, nowhere))).toBe(false);
    expect(account.delivered(1, 0, 0)).toBe(true);
    expect(balances(account.balance(nowhere, nowhere))).toBe(true);
    expect(total([account.balance(nowhere, nowhere), account.balance(nowhere, nowhere)]).produced).toBe(2);
  });

  it("knows a row that no device sealed", () => {
    const account = new DeviceAccount();
    account.sealed(1, 0, 1);
    expect(account.delivered(1, 1, 0)).toBe(false);
    expect(account.delivered(1, 0, 1)).toBe(false);
  });
});

describe("the fault schedule", () => {
  it("is read in order of time", () => {
    expect(parseFaults("kill@12, uplink@5-10,forge@14,replay@15.5")).toEqual([
      { at: 5, action: "uplink-off" },
      { at: 10, action: "uplink-on" },
      { at: 12, action: "kill" },
      { at: 14, action: "forge" },
      { at: 15.5, action: "replay" },
    ]);
  });

  it("says what is wrong with a fault that is none", () => {
    for (const text of ["kil@3", "uplink@5", "uplink@9-3", "kill@1-2", "forge", "@3"]) {
      expect(parseFaults(text), text).toBeTypeOf("string");
    }
  });
});
