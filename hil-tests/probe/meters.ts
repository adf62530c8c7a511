import { seeded } from "../../boards/platforms/seeded.ts";
import { fromHex, toHex } from "../../protocols/bytes.ts";
import { secondaryAddress } from "../../protocols/mbus-address.ts";
import { exceptionBit, readRequestPdu } from "../../protocols/modbus-pdu.ts";
import { rtuFrame } from "../../protocols/modbus-rtu-frame.ts";
import {
  bitsPerByte,
  even,
  isSame,
  type LineSetting,
  plain,
  rates,
  seven,
} from "../../scripts/probe/setting.ts";
import { D0Meter, type D0ProfileName, d0Profiles } from "../meters/d0-meter.ts";
import { DsmrMeter } from "../meters/dsmr-meter.ts";
import { MbusBus } from "../meters/mbus-bus.ts";
import { noisy } from "../meters/noise.ts";
import { type MeterProfileName, meterProfiles } from "../meters/profiles.ts";
import { SmlMeter, serverId } from "../meters/sml-meter.ts";
import type { Piece, Source } from "./world.ts";

/** A simulated meter and what a probe must say of it. */
export interface Subject {
  readonly source: Source;
  readonly language: string;
  readonly setting: LineSetting;
  /** Its id as telegrams have it; the number of a Modbus unit. */
  readonly meter: string | null;
  /** ms between its telegrams; null where it must be asked. */
  readonly period: number | null;
}

type Random = () => number;

/** The meter of a seed: its language, its line, its noise. */
export function subjectOf(seed: number): Subject {
  const random = seeded(seed);
  const kinds = [sml, sml, d0Push, dsmr, mbus, d0Asked, modbus];
  return kinds[Math.floor(random() * kinds.length)]!(random, seed);
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)]!;
}

function sml(random: Random, seed: number): Subject {
  const profile = pick(random, Object.keys(meterProfiles) as MeterProfileName[]);
  const meter = new SmlMeter({ profile, number: seed % 1000, seed, locked: random() < 0.2 });
  return pushing("sml", plain(pick(random, rates)), meter, toHex(serverId(meter.state)), random);
}

function d0Push(random: Random, seed: number): Subject {
  const profile = pick(random, ["ehz", "q3d"] as const);
  const meter = new D0Meter({ profile, number: seed % 1000, seed });
  const baud = pick(random, rates);
  const setting = random() < 0.5 ? seven(baud) : plain(baud);
  return pushing("d0", setting, meter, d0Profiles[profile].identification, random);
}

function dsmr(random: Random, seed: number): Subject {
  const version = pick(random, [2, 4, 5] as const);
  const meter = new DsmrMeter({ version, number: seed % 1000, seed });
  const setting = version === 2 ? seven(9600) : plain(115_200);
  return pushing("dsmr", setting, meter, "DRH5\\2HASENMETER", random);
}

/** Pushes once a second, every two, or as often as its line carries its telegrams. */
function pushing(
  language: string,
  setting: LineSetting,
  meter: { telegram(): Uint8Array; step(ms: number): void },
  id: string,
  random: Random,
): Subject {
  const noise = pick(random, [0, 0, 1e-4, 1e-3]);
  const kind = pick(random, ["loss", "flips"] as const);
  const length = (meter.telegram().length * bitsPerByte(setting) * 1000) / setting.baud;
  const period = [1000, 2000].find((ms) => length < 0.8 * ms) ?? Math.ceil((length * 1.2) / 1000) * 1000;
  let next = -period + Math.floor(random() * 1000);
  let number = 0;
  const push = (until: number) => {
    const pieces: Piece[] = [];
    for (; next < until; next += period) {
      meter.step(period);
      const seed = Math.floor(random() * 2 ** 31) + number++;
      pieces.push({ at: next, setting, bytes: noisy(meter.telegram(), { seed, kind, rate: noise }) });
    }
    return pieces;
  };
  return { language, setting, meter: id, period, source: { push, answer: () => [] } };
}

function d0Asked(random: Random, seed: number): Subject {
  const profile = pick(random, ["modeA", "modeB", "modeC", "fast"] as const) satisfies D0ProfileName;
  const meter = new D0Meter({ profile, number: seed % 1000, seed });
  const answer = (bytes: Uint8Array, setting: LineSetting, now: number): readonly Piece[] => {
    let at = now;
    return (setting.dataBits === 7 ? meter.receive(bytes) : []).map((said) => {
      at += said.pause;
      return { at, setting: seven(said.baud), bytes: said.bytes };
    });
  };
  const { identification } = d0Profiles[profile];
  return {
    language: "d0",
    setting: seven(300),
    meter: identification,
    period: null,
    source: { push: () => [], answer },
  };
}

/** EN 13757-3: a heat meter's short answer. */
const heat = fromHex("72785634122d2c0104000000000406c80000000413204e0000")!;

function mbus(random: Random): Subject {
  const setting = even(pick(random, [300, 300, 2400, 2400, 2400, 9600, 9600, 600, 1200, 4800]));
  const count = pick(random, [1, 1, 1, 2, 3]);
  const bus = new MbusBus(
    Array.from({ length: count }, (_, i) => ({
      primary: i + 1,
      secondary: secondaryAddress(`1234567${8 - i}:2d2c0104`)!,
      telegrams: () => {
        const telegram = Uint8Array.from(heat);
        telegram[1]! -= i;
        return [telegram];
      },
    })),
  );
  const answer = (bytes: Uint8Array, asked: LineSetting, now: number): readonly Piece[] =>
    isSame(asked, setting)
      ? bus.receive(bytes).map((said) => ({ at: now + 20 + random() * 40, setting, bytes: said }))
      : [];
  return { language: "mbus", setting, meter: "12345678", period: null, source: { push: () => [], answer } };
}

function modbus(random: Random): Subject {
  const baud = pick(random, [9600, 9600, 9600, 19200, 19200, 38400, 2400, 4800, 57600, 115200]);
  const setting = random() < 0.5 ? plain(baud) : even(baud);
  const unit = pick(random, [1, 1, 1, 2, 3]);
  const isFar = ![9600, 19200].includes(baud);
  return {
    language: "modbus",
    setting,
    meter: String(isFar ? 1 : unit),
    period: null,
    source: { push: () => [], answer: modbusUnit(isFar ? 1 : unit, setting, random) },
  };
}

/** Answers a read with registers, or with exception 2 (illegal address). */
function modbusUnit(unit: number, setting: LineSetting, random: Random): Source["answer"] {
  const says = random() < 0.7;
  return (bytes, asked, now) => {
    const request = isSame(asked, setting) ? readRequestPdu(unit, bytes.subarray(1, bytes.length - 2)) : null;
    if (request === null || bytes[0] !== unit) {
      return [];
    }
    const pdu = says
      ? [bytes[1]!, 2 * request.count, ...Array.from({ length: 2 * request.count }, (_, i) => 17 * i)]
      : [bytes[1]! | exceptionBit, 2];
    return [{ at: now + 20 + random() * 60, setting, bytes: rtuFrame(unit, Uint8Array.from(pdu)) }];
  };
}
