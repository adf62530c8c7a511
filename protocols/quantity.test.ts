import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromWords, type Integer } from "./decimal.ts";
import {
  inRange,
  isQuantityName,
  type Quantity,
  type QuantityName,
  quantities,
  quantityNames,
  quantityOf,
  widthFor,
  widthMost,
} from "./quantity.ts";

// RFC 8428 §12.1, registered there or, from B on, in RFC 8798 §2. Without the units marked as not recommended.
const primaryUnits =
  `m kg s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 m/s m/s2 m3/s
  W/m2 cd/m2 bit bit/s lat lon pH dB dBW count / %RH %EL EL 1/s S/m B VA VAs var vars J/m kg/m3`.split(/\s+/);
// RFC 8798 §3.
const secondaryUnits =
  `ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh Wh/km KiB GB Mbit/s B/s MB/s mV mA dBm ug/m3
  mm/h m/h ppm /100 /1000 hPa mm cm km km/h`.split(/\s+/);

const rows = quantityNames.map((name): [QuantityName, Quantity] => [name, quantities[name]]);

function integer(value: bigint): Integer {
  return fromWords(Number(value >> 32n), Number(value & 0xffffffffn));
}

/** The reference: both sides scaled to whole numbers with BigInt. */
function within(quantity: Quantity, value: bigint, exponent: number): boolean {
  const finest = Math.min(quantity.exponent, exponent);
  const scaled = value * 10n ** BigInt(exponent - finest);
  const unit = 10n ** BigInt(quantity.exponent - finest);
  return scaled >= BigInt(quantity.least) * unit && scaled <= BigInt(quantity.most) * unit;
}

describe("the table of quantities", () => {
  it.each(rows)("%s has a unit of RFC 8428 or RFC 8798", (_, quantity) => {
    expect([...primaryUnits, ...secondaryUnits]).toContain(quantity.senml);
  });

  it.each(rows)("%s has a range of whole steps that a column can hold", (_, quantity) => {
    expect(Number.isSafeInteger(quantity.least) && Number.isSafeInteger(quantity.most)).toBe(true);
    expect(quantity.least).toBeLessThan(quantity.most);
    expect(widthFor(quantity, quantity.exponent)).not.toBeNull();
  });

  it("names quantities so that every broker and language takes the name", () => {
    for (const name of quantityNames) {
      expect(name).toMatch(/^[a-z][a-zA-Z0-9]{0,39}$/);
    }
  });

  it("gives each OBIS code to one quantity, with the unit in which meters send it", () => {
    const codes = rows.map(([, quantity]) => quantity.obis).filter((code) => code !== null);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [name, quantity] of rows) {
      expect(quantity.obis === null || /^\d+-\d+:\d+\.\d+\.\d+$/.test(quantity.obis), name).toBe(true);
      expect(quantity.dlms === null, name).toBe(quantity.obis === null);
    }
  });

  it("has UN/CEFACT codes of two or three characters", () => {
    for (const [name, quantity] of rows) {
      expect(quantity.unitCode, name).toMatch(/^[A-Z0-9]{2,3}$/);
    }
  });

  it("lets counters begin at zero", () => {
    for (const [name, quantity] of rows) {
      expect(!quantity.counter || quantity.least === 0, name).toBe(true);
    }
  });

  it("does not take what every object has for a quantity", () => {
    for (const name of ["toString", "constructor", "__proto__", "hasOwnProperty", ""]) {
      expect(quantityOf(name), name).toBeNull();
      expect(isQuantityName(name), name).toBe(false);
    }
    expect(quantityOf("temperature")).toBe(quantities.temperature);
  });
});

describe("the range check", () => {
  const value = fc.oneof(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.bigInt({ min: -100000n, max: 100000n }),
    fc.constantFrom(0n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), 2n ** 64n - 1n, -(2n ** 63n)),
  );

  it("is exact for every 64-bit integer at every exponent", () => {
    fc.assert(
      fc.property(fc.constantFrom(...rows), value, fc.integer({ min: -18, max: 18 }), (row, x, exponent) => {
        expect(inRange(row[1], integer(x), exponent)).toBe(within(row[1], x, exponent));
      }),
      { numRuns: 5000 },
    );
  });

  it("ends exactly at both ends of every range, in coarser and in finer steps", () => {
    for (const [name, quantity] of rows) {
      for (let exponent = -18; exponent <= 18; exponent++) {
        for (const end of [quantity.least, quantity.most]) {
          const digits = quantity.exponent - exponent;
          const near =
            digits >= 0 ? BigInt(end) * 10n ** BigInt(digits) : BigInt(end) / 10n ** BigInt(-digits);
          for (let x = near - 2n; x <= near + 2n; x++) {
            if (x >= -(2n ** 63n) && x < 2n ** 64n) {
              expect(inRange(quantity, integer(x), exponent), `${name} ${x}e${exponent}`).toBe(
                within(quantity, x, exponent),
              );
            }
          }
        }
      }
    }
  });
});

describe("the width of a column", () => {
  it("holds the whole range and one value more, so that what is one step outside never wraps into it", () => {
    for (const [name, quantity] of rows) {
      for (let exponent = -18; exponent <= 18; exponent++) {
        const width = widthFor(quantity, exponent);
        if (width !== null && !quantity.counter) {
          const least = BigInt(-widthMost(width));
          const most = BigInt(widthMost(width));
          expect(within(quantity, least - 1n, exponent), `${name} at 10^${exponent}`).toBe(false);
          expect(within(quantity, most + 1n, exponent), `${name} at 10^${exponent}`).toBe(false);
        }
      }
    }
  });

  it("is the narrowest one that does", () => {
    expect(widthFor(quantities.occupied, 0)).toBe(8);
    expect(widthFor(quantities.temperature, -2)).toBe(16);
    expect(widthFor(quantities.temperature, 0)).toBe(16);
    expect(widthFor(quantities.temperature, 1)).toBe(8);
    expect(widthFor(quantities.temperature, -3)).toBe(32);
    expect(widthFor(quantities.activePower, -2)).toBe(32);
    expect(widthFor(quantities.activeEnergyImported, -4)).toBe(32);
  });

  it("is none where 32 bits do not hold the range", () => {
    expect(widthFor(quantities.activePower, -3)).toBeNull();
    expect(widthFor(quantities.temperature, -18)).toBeNull();
    expect(widthFor(quantities.activeEnergyImported, -19)).toBeNull();
  });
});
