import { decimalText, parseDecimal } from "../../protocols/decimal.ts";
import type { ModbusIdentity, ModbusMap, RegisterRow } from "../../protocols/modbus-map.ts";
import {
  answerPdu,
  exceptionPdu,
  type RegisterTable,
  readRequestPdu,
  registersMax,
} from "../../protocols/modbus-pdu.ts";
import { planReads, type Span } from "../../protocols/modbus-plan.ts";
import { registerBytes, registersOf } from "../../protocols/modbus-register.ts";
import type { QuantityName } from "../../protocols/quantity.ts";
import {
  energyScaler,
  Household,
  type HouseholdOptions,
  type HouseholdState,
  powerScaler,
} from "./household.ts";

const illegalFunction = 1;
const illegalAddress = 2;
const illegalValue = 3;

/** Something with registers. */
export interface ModbusUnit {
  /** Two bytes for each register, or the code of the exception it answers with. */
  read(table: RegisterTable, address: number, count: number): Uint8Array | number;
}

/** What a unit answers to the PDU of a request. */
export function answerOf(unit: ModbusUnit, pdu: Uint8Array): Uint8Array {
  if (pdu[0] !== 3 && pdu[0] !== 4) {
    return exceptionPdu(pdu[0]! & 127, illegalFunction);
  }
  const request = readRequestPdu(1, pdu);
  const read = request === null ? illegalValue : unit.read(request.table, request.address, request.count);
  return request === null || typeof read === "number"
    ? exceptionPdu(pdu[0]!, typeof read === "number" ? read : illegalValue)
    : answerPdu(request.table, read);
}

/** A quantity of a house as an exact decimal: digits and their power of ten. */
export function measured(
  quantity: QuantityName,
  state: HouseholdState,
): { integer: number; exponent: number } | null {
  const volts = 2300 + (state.seconds % 17); // tenths
  const phase = quantity.endsWith("L2") ? 1 : quantity.endsWith("L3") ? 2 : 0;
  switch (quantity) {
    case "activeEnergyImported":
      return { integer: state.imported, exponent: energyScaler };
    case "activeEnergyExported":
      return { integer: state.exported, exponent: energyScaler };
    case "activePower":
      return { integer: state.power, exponent: powerScaler };
    case "activePowerL1":
    case "activePowerL2":
    case "activePowerL3":
      return { integer: state.phases[phase], exponent: powerScaler };
    case "voltageL1":
    case "voltageL2":
    case "voltageL3":
      return { integer: volts + phase, exponent: -1 };
    case "currentL1":
    case "currentL2":
    case "currentL3":
      return { integer: Math.round((Math.abs(state.phases[phase]) * 100) / (volts + phase)), exponent: -3 };
    case "frequency":
      return { integer: 5000, exponent: -2 };
    default:
      return null;
  }
}

/** What such a meter says that it is: text with zeros behind it, or its code. */
function identityBytes({ span, is }: ModbusIdentity): Uint8Array {
  const bytes = new Uint8Array(2 * span.count);
  if ("text" in is) {
    bytes.set(Buffer.from(`${is.text}55`.slice(0, bytes.length)));
  } else {
    bytes.set([is.least >> 8, is.least & 255]);
  }
  return bytes;
}

/** A meter with the registers of any map, which measures a house. */
export class MapUnit implements ModbusUnit {
  readonly map: ModbusMap;
  readonly serial: number;
  private readonly household: Household;
  private readonly served: readonly Span[];

  /** `without`: quantities that this version of the meter does not have. */
  constructor(map: ModbusMap, options: HouseholdOptions & { readonly without?: readonly QuantityName[] }) {
    this.map = map;
    this.serial = 20_000_000 + options.number;
    this.household = new Household(options);
    const rows = [...map.rows, ...map.optional].filter(
      ({ quantity }) => options.without?.includes(quantity) !== true,
    );
    const spans = rows.flatMap(({ address, type, scale }) => [
      { table: map.table, address, count: registersOf(type) },
      ...(scale === null ? [] : [{ table: map.table, address: scale, count: 1 }]),
    ]);
    this.served = [
      ...planReads(spans, { ...map.limits, countMax: registersMax }),
      ...(map.serial ? [map.serial.span] : []),
    ];
  }

  get state(): HouseholdState {
    return this.household.state;
  }

  step(ms: number): void {
    this.household.step(ms);
  }

  read(table: RegisterTable, address: number, count: number): Uint8Array | number {
    const { identity } = this.map;
    const asked = identity?.span;
    if (identity !== null && asked?.table === table && asked.address === address && asked.count === count) {
      return identityBytes(identity); // alone: in a longer read Carlo Gavazzi's meters have voltage there
    }
    if (!this.served.some((span) => span.table === table)) {
      return illegalFunction;
    }
    if (count > this.map.limits.countMax) {
      return illegalValue;
    }
    const inside = this.served.some(
      (span) =>
        span.table === table && address >= span.address && address + count <= span.address + span.count,
    );
    return inside ? this.registers(table, address, count) : illegalAddress;
  }

  /** The value of a row as its registers can hold it: cut to their steps. */
  steps({ quantity, exponent, type, scale }: RegisterRow): { integer: number; exponent: number } {
    const value = measured(quantity, this.household.state)!;
    const least = exponent + (scale === null ? 0 : scaleOfUnit);
    return type.startsWith("float")
      ? { integer: value.integer, exponent: value.exponent - exponent }
      : { integer: Math.trunc(value.integer * 10 ** (value.exponent - least)), exponent: 0 };
  }

  private registers(table: RegisterTable, address: number, count: number): Uint8Array {
    const bytes = new Uint8Array(2 * count);
    const put = (at: number, registers: Uint8Array) => {
      for (let i = 0; i < registers.length; i++) {
        const offset = 2 * (at - address) + i;
        if (offset >= 0 && offset < bytes.length) {
          bytes[offset] = registers[i]!;
        }
      }
    };
    const { map } = this;
    if (map.serial?.span.table === table) {
      put(map.serial.span.address, this.serialBytes());
    }
    for (const row of map.table === table ? [...map.rows, ...map.optional] : []) {
      put(row.address, registerBytes(this.steps(row), row.type, map.words)!);
      if (row.scale !== null) {
        put(row.scale, registerBytes({ integer: scaleOfUnit, exponent: 0 }, "s16", map.words)!);
      }
    }
    return bytes;
  }

  private serialBytes(): Uint8Array {
    const { type } = this.map.serial!;
    const text = String(this.serial);
    return type === "text"
      ? Uint8Array.from(text, (letter) => letter.charCodeAt(0))
      : registerBytes(parseDecimal(decimalText(this.serial, 0))!, type, this.map.words)!;
  }
}

/** The power of ten in the scale registers of simulated meters. */
const scaleOfUnit = -1;
