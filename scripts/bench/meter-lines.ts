/** What the benches of the meter languages read: telegrams of our own simulated meters, each profile on a line of its own. */
import { airSimulators } from "../../hil-tests/meters/air-sensor.ts";
import { DlmsMeter, dlmsAuth, dlmsKey } from "../../hil-tests/meters/dlms-meter.ts";
import { Household } from "../../hil-tests/meters/household.ts";
import { busIds, type MbusKindName } from "../../hil-tests/meters/mbus-meter.ts";
import { MapUnit } from "../../hil-tests/meters/modbus-unit.ts";
import { simulators } from "../../hil-tests/meters/simulators.ts";
import { WirelessMeter, type WirelessSecurity } from "../../hil-tests/meters/wmbus-meter.ts";
import { concat, fromHex } from "../../protocols/bytes.ts";
import { nodeCiphers } from "../../protocols/crypto-node.ts";
import { shortFrame } from "../../protocols/mbus-frame.ts";
import type { MeterKeys } from "../../protocols/meter.ts";
import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { answerPdu, type ModbusRequest, requestPdu } from "../../protocols/modbus-pdu.ts";
import { planReads } from "../../protocols/modbus-plan.ts";
import { registersOf } from "../../protocols/modbus-register.ts";
import { rtuFrame } from "../../protocols/modbus-rtu-frame.ts";

/** Telegrams of one meter, in the order it sends them. */
export type MeterLine = readonly Buffer[];

const each = 30;
const reqUd2 = 0x5b; // EN 13757-2 §5.4
const kinds = Object.keys(busIds) as MbusKindName[];

/** Whole telegrams of a language whose simulated meters send by themselves. */
export function sentLines(language: string, profiles: readonly string[]): MeterLine[] {
  const { create, period } = simulators.find((simulator) => simulator.language === language)!;
  return profiles.map((profile) => {
    const meter = create({ profile, seed: 1 });
    return repeated(() => {
      meter.step(period);
      return meter.telegram()!;
    });
  });
}

/** What each meter of a wired bus answers to REQ_UD2. */
export function mbusLines(): MeterLine[] {
  const { create } = simulators.find(({ language }) => language === "mbus")!;
  return kinds.map((_kind, i) => {
    const bus = create({ profile: "house", seed: 1 });
    return repeated(() => {
      bus.step(1000);
      return concat(bus.receive(shortFrame(reqUd2, i + 1)).map(({ bytes }) => bytes));
    });
  });
}

export function wirelessLines(security: WirelessSecurity): MeterLine[] {
  return kinds.map((kind) => {
    const household = new Household({ number: 1, seed: 1 });
    const meter = new WirelessMeter({ kind, id: busIds[kind], security });
    return repeated(() => {
      household.step(4000);
      return meter.telegram(household.state);
    });
  });
}

export function dlmsLines(sealed: boolean): MeterLine[] {
  return (["hdlc", "mbus"] as const).map((framing) => {
    const meter = new DlmsMeter({ framing, sealed, number: 1, seed: 1 });
    return repeated(() => {
      meter.step(5000);
      return meter.telegram();
    });
  });
}

/** Data of adverts. */
export function advertLines(language: string, profile: string): MeterLine[] {
  const { create, period } = airSimulators.find((simulator) => simulator.language === language)!;
  const sensor = create({ profile, seed: 1 });
  return [
    repeated(() => {
      sensor.step(period);
      return sensor.advert();
    }),
  ];
}

/** One request for registers with what a meter answers. */
export interface ModbusExchange {
  readonly request: ModbusRequest;
  readonly asked: Buffer;
  readonly answer: Buffer;
}

/** What is asked of meters of every map in one round. */
export function modbusExchanges(): ModbusExchange[] {
  return modbusMaps.flatMap((map, number) => {
    const meter = new MapUnit(map, { number, seed: 1 });
    const spans = map.rows.map(({ address, type }) => ({
      table: map.table,
      address,
      count: registersOf(type),
    }));
    return planReads(spans, map.limits).map((span) => {
      const request = { ...span, unit: 1 };
      const registers = meter.read(span.table, span.address, span.count) as Uint8Array;
      return {
        request,
        asked: Buffer.from(rtuFrame(1, requestPdu(request))),
        answer: Buffer.from(rtuFrame(1, answerPdu(span.table, registers))),
      };
    });
  });
}

/** Every simulated meter that seals does so under the same public key. */
export const benchKeys: MeterKeys = {
  ciphers: nodeCiphers,
  key: fromHex(dlmsKey)!,
  auth: fromHex(dlmsAuth)!,
  mac: fromHex(airSimulators.find(({ language }) => language === "bthome")!.address.replaceAll(":", ""))!,
};

function repeated(next: () => Uint8Array): Buffer[] {
  return Array.from({ length: each }, () => Buffer.from(next()));
}
