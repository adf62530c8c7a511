import { D0Session } from "../../protocols/d0-session.ts";
import type { Fault } from "../../protocols/fault.ts";
import { anyRest } from "../../protocols/mbus-address.ts";
import { MbusPrimarySearch, MbusSecondarySearch } from "../../protocols/mbus-search.ts";
import { type Job, MbusRead, MbusSession, type MbusStep } from "../../protocols/mbus-session.ts";
import type { MeterKeys, Telegram } from "../../protocols/meter.ts";
import { type ModbusKind, ModbusRun } from "./modbus-run.ts";
import { even, type LineSetting, plain, seven } from "./setting.ts";

/** What whoever asks is to do or to know, in this order. */
export type RunStep =
  | { readonly type: "line"; readonly line: LineSetting }
  | { readonly type: "send"; readonly bytes: Uint8Array }
  | { readonly type: "telegram"; readonly telegram: Telegram }
  /** A Modbus unit answered, if only to say no. */
  | { readonly type: "unit"; readonly unit: number }
  /** What that unit is. */
  | { readonly type: "kind"; readonly kind: ModbusKind }
  | { readonly type: "fault"; readonly fault: Fault }
  | { readonly type: "end" };

/** One asking under way. Times are arguments, ms. */
export interface Run {
  /** When to call tick; null when nothing is awaited. */
  readonly deadline: number | null;
  start(now: number): readonly RunStep[];
  push(bytes: Uint8Array, now: number): readonly RunStep[];
  tick(now: number): readonly RunStep[];
}

/** A question to whoever is on the line. */
export interface Question {
  /** As the registry of meter languages names it. */
  readonly language: string;
  readonly setting: LineSetting;
  begin(keys: MeterKeys): Run;
}

/** What is asked, one line each, in this order: those of most meters first. */
export const questions: readonly Question[] = [
  { language: "d0", setting: seven(300), begin: () => new D0Run(false) },
  { language: "mbus", setting: even(2400), begin: (keys) => new MbusRun(keys, 2400) },
  ...[plain(9600), even(9600), plain(19200), even(19200)].flatMap((setting) => modbus(setting, [1, 2, 3])),
  { language: "mbus", setting: even(300), begin: (keys) => new MbusRun(keys, 300) },
  { language: "mbus", setting: even(9600), begin: (keys) => new MbusRun(keys, 9600) },
];

/** What is asked in vain only, when the first round gave nothing. */
export const rarerQuestions: readonly Question[] = [
  ...[600, 1200, 4800, 19200, 38400].map(
    (baud): Question => ({
      language: "mbus",
      setting: even(baud),
      begin: (keys) => new MbusRun(keys, baud),
    }),
  ),
  ...[2400, 4800, 38400, 57600, 115200].flatMap((baud) => [
    ...modbus(plain(baud), [1, 2]),
    ...modbus(even(baud), [1, 2]),
  ]),
  ...[plain(9600), even(9600), plain(19200), even(19200)].flatMap((setting) =>
    modbus(setting, [4, 5, 10, 100, 247]),
  ),
  { language: "d0", setting: seven(300), begin: () => new D0Run(true) },
];

function modbus(setting: LineSetting, units: readonly number[]): readonly Question[] {
  return units.map((unit) => ({
    language: "modbus",
    setting,
    begin: () => new ModbusRun(unit, setting.baud),
  }));
}

/** Behind the request a meter identifies itself within 1.5 s (IEC 62056-21 §6.3.14); waking it and its 20 characters take some more. */
const identifiedBy = 10_000; // ms, with what a busy computer takes
const wokenBy = 14_000;
const identificationMax = 200; // characters looked at

/** IEC 62056-21, modes A to C. What comes without an identification is not a meter's answer but whoever sends by itself: it is not waited for. */
class D0Run implements Run {
  private readonly session: D0Session;
  private readonly patience: number;
  private since = 0;
  private text = "";

  constructor(wake: boolean) {
    this.session = new D0Session({ address: "", baudMax: 9600, eightBits: false, wake });
    this.patience = wake ? wokenBy : identifiedBy;
  }

  get deadline(): number | null {
    const { deadline } = this.session;
    return this.isIdentified || deadline === null ? deadline : Math.min(deadline, this.since + this.patience);
  }

  start(now: number): readonly RunStep[] {
    this.since = now;
    return this.session.start(now);
  }

  push(bytes: Uint8Array, now: number): readonly RunStep[] {
    if (!this.isIdentified) {
      this.text = (this.text + asciiOf(bytes)).slice(-identificationMax);
    }
    return this.isInVain(now) ? [{ type: "end" }] : this.session.push(bytes, now);
  }

  tick(now: number): readonly RunStep[] {
    return this.isInVain(now) ? [{ type: "end" }] : this.session.tick(now);
  }

  private get isIdentified(): boolean {
    return /\/[A-Za-z]{3}[0-9A-Z]/.test(this.text);
  }

  private isInVain(now: number): boolean {
    return !this.isIdentified && now - this.since >= this.patience;
  }
}

function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.map((byte) => byte & 0x7f));
}

const tickEvery = 20; // ms
const primaryTries = 5;

/** Whoever is there; where several answer at once, the first that a search comes upon. */
class MbusRun implements Run {
  deadline: number | null = null;
  private readonly keys: MeterKeys;
  private readonly baud: number;
  private session: MbusSession;
  private search: "none" | "primary" | "secondary" | "over" = "none";

  constructor(keys: MeterKeys, baud: number) {
    this.keys = keys;
    this.baud = baud;
    this.session = new MbusSession(new MbusRead({ kind: "primary", address: 254 }, keys), baud);
  }

  start(now: number): readonly RunStep[] {
    return this.follow(this.session.start(now), now);
  }

  push(bytes: Uint8Array, now: number): readonly RunStep[] {
    return this.follow(this.session.push(bytes, now), now);
  }

  tick(now: number): readonly RunStep[] {
    return this.follow(this.session.tick(now), now);
  }

  private follow(steps: readonly MbusStep[], now: number): readonly RunStep[] {
    this.deadline = now + tickEvery;
    const done: RunStep[] = [];
    for (const step of steps) {
      if (step.type === "found" && this.search !== "over") {
        this.search = "over";
        return [...done, ...this.begin(new MbusRead(step.address, this.keys), now)];
      }
      const isCollision = step.type === "fault" && step.fault.fault === "bus" && this.search === "none";
      if (isCollision || (step.type === "end" && this.search === "primary")) {
        return [...done, ...this.begin(this.nextSearch(), now)];
      }
      if (this.search !== "none" && this.search !== "over" && step.type === "fault") {
        continue; // others of the search may still answer
      }
      if (step.type === "telegram") {
        done.push({
          type: "telegram",
          telegram: { offset: 0, meter: step.meter, readings: [], records: step.records },
        });
      } else if (step.type !== "found") {
        done.push(step);
      }
    }
    return done;
  }

  private begin(job: Job, now: number): readonly RunStep[] {
    this.session = new MbusSession(job, this.baud);
    return this.start(now);
  }

  /** Short addresses are asked sooner than digits are tried. */
  private nextSearch(): Job {
    if (this.search === "none") {
      this.search = "primary";
      return new MbusPrimarySearch(0, primaryTries);
    }
    this.search = "secondary";
    return new MbusSecondarySearch({ kind: "secondary", id: "ffffffff", rest: anyRest }, { thorough: false });
  }
}
