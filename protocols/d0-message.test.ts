import { describe, expect, it } from "vitest";
import {
  d0Acknowledge,
  d0Request,
  LineReader,
  rateUpTo,
  readAcknowledge,
  readIdentification,
  readRequest,
} from "./d0-message.ts";
import { asciiText } from "./data-set.ts";
import { withParity } from "./parity.ts";

/** The lines that these bytes hold. */
function linesOf(bytes: Uint8Array): string[] {
  const reader = new LineReader();
  return Array.from(bytes, (byte) => reader.take(byte)).filter((line) => line !== null);
}

describe("the opening of a D0 session", () => {
  it.each([
    ["/ELS5\\@V9.30", { mode: "C", baud: 9600, pause: 200 }],
    ["/ISk5\\2MT174-0001", { mode: "C", baud: 9600, pause: 20 }],
    ["/EMH4\\@01LZQJL", { mode: "C", baud: 4800, pause: 200 }],
    ["/ABC0x", { mode: "C", baud: 300, pause: 200 }],
    ["/ABC6x", { mode: "C", baud: 19200, pause: 200 }],
    ["/LUGCUH50", { mode: "B", baud: 2400, pause: 200 }],
    ["/abcFx", { mode: "B", baud: 19200, pause: 20 }],
    ["/ABC7x", { mode: "A", baud: 300, pause: 200 }],
    ["/ABCGx", { mode: "A", baud: 300, pause: 200 }],
    ["/XYZ METER", { mode: "A", baud: 300, pause: 200 }],
    ["/?!", null],
    ["/AB5", null],
    ["ABC5", null],
  ])("tells mode and speed by %s", (line, wanted) => {
    expect(readIdentification(line)).toEqual(wanted);
  });

  it("asks a meter by its address or whoever is there, with parity or without", () => {
    for (const address of ["", "12345678"]) {
      expect(linesOf(d0Request(address)).map(readRequest)).toEqual([address]);
      expect(linesOf(withParity(d0Request(address))).map(readRequest)).toEqual([address]);
    }
    expect(asciiText(d0Request("1"), 0, 6)).toBe("/?1!\r\n");
    expect(readRequest("/ABC5")).toBeNull();
  });

  it("acknowledges every speed of mode C in the six bytes of the standard", () => {
    for (const [digit, baud] of [300, 600, 1200, 2400, 4800, 9600, 19200].entries()) {
      expect(asciiText(d0Acknowledge(baud), 0, 6)).toBe(`\x060${digit}0\r\n`);
      expect(linesOf(d0Acknowledge(baud)).map(readAcknowledge)).toEqual([baud]);
    }
    expect(readAcknowledge("0050")).toBeNull();
    expect(readAcknowledge("\x06070")).toBeNull();
  });

  it("goes no faster than the line can", () => {
    expect(rateUpTo(9600, 19200)).toBe(9600);
    expect(rateUpTo(9600, 5000)).toBe(4800);
    expect(rateUpTo(9600, 0)).toBe(300);
  });
});
