import type { Telegram } from "../../protocols/meter.ts";
import { type Proof, type Sighting, WeakBook } from "./ears.ts";
import type { Found, ProbeOptions, ProbeOutcome, ProbeStep } from "./outcome.ts";
import { type Question, questions, type Run, type RunStep, rarerQuestions } from "./questions.ts";
import { Rhythm } from "./rhythm.ts";
import { even, isSame, type LineSetting, plain, receivers, seven, usual } from "./setting.ts";
import { type HeardAt, Stay } from "./stay.ts";

/** Meters push once a second, some every two. */
const firstQuiet = 2300; // ms
const secondQuiet = 1300; // ms
/** Once something was heard elsewhere, and in every later round longer. */
const busyQuiet = 1600; // ms
const laterQuiet = 4000; // ms
/** After the first good telegram, for more of them. */
const confirmMax = 1600; // ms
const confirmTelegrams = 3;
const textShare = 0.95;
/** Who sends so seldom, ms, is a radio receiver rather than a meter on a wire. */
const rareWait = 6000;

/**
 * Finds out how a meter's line is set and what it speaks. It listens first; it asks when nothing is heard, or when nothing heard was
 * understood. A language is named when a telegram's checksum holds, never for its looks. Knows no clock and no port: times are
 * arguments in ms, monotonic; the host does the steps it is given and calls `tick` at `deadline`.
 */
export class Probe {
  /** When to call tick, ms; null when it is over. */
  deadline: number | null = null;
  outcome: ProbeOutcome | null = null;
  private readonly options: ProbeOptions;
  private readonly weak = new WeakBook();
  private readonly rhythm = new Rhythm();
  private readonly heard: HeardAt[] = [];
  private readonly asked: string[] = [];
  private began = 0;
  private line: LineSetting | null = null;
  private stay: Stay | null = null;
  private run: Run | null = null;
  private question: Question | null = null;
  /** Requests of this run, and bytes that came back. */
  private requests = 0;
  private answered = 0;
  private settings: LineSetting[] = [plain(9600), plain(1200)];
  private questions: Question[] = [];
  private round = 0;
  private busyRounds = 0;
  private isRare = false;
  /** Bytes came while somebody was asked, and were no answer. In the first round they may be that of a meter which has to be asked otherwise. */
  private hasStrays = false;
  private confirmBy: number | null = null;
  private candidate: Found | null = null;
  private rate: number | null = null;
  /** Where the garbage of the last stay points. */
  private guessed: number | null = null;
  private stays = 0;
  private steps: ProbeStep[] = [];

  constructor(options: ProbeOptions) {
    this.options = options;
  }

  start(now: number): readonly ProbeStep[] {
    this.began = now;
    this.next(now);
    return this.handOver(now);
  }

  /** What came over the line. */
  push(bytes: Uint8Array, now: number): readonly ProbeStep[] {
    if (this.outcome !== null || bytes.length === 0) {
      return this.handOver(now);
    }
    if (this.run !== null) {
      this.answered += bytes.length;
      this.follow(this.run.push(bytes, now), now);
    } else if (this.stay !== null) {
      this.rhythm.heard(now);
      this.stay.push(bytes, now);
      this.look(now);
    }
    return this.handOver(now);
  }

  /** Time has come to `deadline`. Earlier calls do nothing. */
  tick(now: number): readonly ProbeStep[] {
    if (this.outcome === null) {
      if (now - this.began >= this.options.duration) {
        this.finish(now);
      } else if (this.run !== null) {
        this.follow(this.run.tick(now), now);
      } else {
        this.look(now);
      }
    }
    return this.handOver(now);
  }

  /** The person has waited long enough: what is known so far is the outcome. */
  stop(now: number): readonly ProbeStep[] {
    if (this.outcome === null) {
      this.finish(now);
    }
    return this.handOver(now);
  }

  private handOver(now: number): readonly ProbeStep[] {
    const steps = this.steps;
    this.steps = [];
    const end = this.began + this.options.duration;
    const own =
      this.run !== null
        ? (this.run.deadline ?? now)
        : Math.min(this.stay?.deadline(now) ?? end, this.confirmBy ?? Infinity);
    this.deadline = this.outcome !== null ? null : Math.min(own, end);
    return steps;
  }

  /** Whether the stay has found something, or is over. */
  private look(now: number): void {
    const stay = this.stay;
    if (stay === null) {
      return;
    }
    const isOver = stay.isOver(now);
    const sighting = stay.ears.sightings[0];
    if (sighting !== undefined) {
      this.confirm(sighting, stay, now);
    } else if (isOver) {
      this.leave(stay, now);
      this.next(now);
    }
  }

  /** Waits a little for more telegrams, so that their number says something. */
  private confirm(sighting: Sighting, stay: Stay, now: number): void {
    if (this.confirmBy === null) {
      this.confirmBy = now + confirmMax;
      this.steps.push({ type: "trying", what: "confirm", language: sighting.language.name });
    }
    const { baud, parity } = stay.setting;
    this.candidate = {
      language: sighting.language.name,
      setting: sighting.sevenBits && parity === "none" ? seven(baud) : stay.setting,
      asked: false,
      proof: sighting.proof,
      telegrams: sighting.telegrams,
      faults: sighting.faults,
      telegram: sighting.telegram,
      locked: sighting.locked,
      dataBaud: baud,
      unit: null,
      kind: null,
      receiver: sighting.receiver,
    };
    if (now >= this.confirmBy || sighting.telegrams >= confirmTelegrams) {
      this.finish(now);
    }
  }

  /** Notes what a stay heard, and lets its garbage say where to listen next. */
  private leave(stay: Stay, now: number): void {
    this.note(stay, now);
    const { baud, parity } = stay.setting;
    if (!this.isRare && this.rhythm.wait >= rareWait) {
      this.isRare = true;
      this.first(receivers);
    }
    if (stay.ears.awaitsAnother) {
      this.first([stay.setting]);
    }
    const slower = stay.rate.guess();
    if (slower !== null) {
      this.rate = slower;
      this.guessed = slower;
      this.first(
        baud === 9600 && slower === 2400 ? [even(slower), plain(slower)] : [plain(slower), even(slower)],
      );
    } else if (stay.bytes > 0 && this.round === 0 && this.stays === 1) {
      // Not slower than this: faster by far, or as fast but with parity.
      this.first([plain(115200), even(baud), plain(19200), plain(38400), plain(57600)]);
    } else if (stay.bytes > 0 && baud === 115200 && parity === "none") {
      this.first([even(115200), plain(57600), plain(38400)]);
    } else if (stay.bytes > 0 && stay.printable >= textShare * stay.bytes) {
      this.rate ??= baud;
    }
  }

  private note(stay: Stay, now: number): void {
    const ms = now - stay.since;
    const known = this.heard.find(({ setting }) => isSame(setting, stay.setting));
    if (known === undefined) {
      const { setting, bytes, printable } = stay;
      this.heard.push({ setting, ms, bytes, printable });
    } else {
      known.ms += ms;
      known.bytes += stay.bytes;
      known.printable += stay.printable;
    }
  }

  /** Puts settings at the head of those to come. */
  private first(settings: readonly LineSetting[]): void {
    const rest = this.settings.filter((one) => !settings.some((other) => isSame(one, other)));
    this.settings = [...settings, ...rest];
  }

  private next(now: number): void {
    this.hasStrays ||= this.run !== null && this.answered > 0 && this.round > 1;
    this.stay = null;
    this.run = null;
    this.question = null;
    const question = this.questions.shift();
    if (question !== undefined) {
      this.ask(question, now);
      return;
    }
    if (this.settings.length === 0) {
      this.nextRound();
      this.next(now);
      return;
    }
    this.listen(this.settings.shift()!, now);
  }

  /** All settings by turns where something is heard; else, and between such rounds, all questions. */
  private nextRound(): void {
    const { isBusy } = this;
    this.round++;
    this.settings = [...usual];
    if (this.options.asks && (this.busyRounds > 0 || !isBusy)) {
      this.questions = this.round % 2 === 1 || isBusy ? [...questions] : [...rarerQuestions];
      this.settings = isBusy ? this.settings : [plain(9600), plain(1200), even(2400)];
    }
    this.busyRounds += isBusy ? 1 : 0;
  }

  /** Whether somebody is on the line: heard while nobody was asked, or in place of an answer. */
  private get isBusy(): boolean {
    return this.hasStrays || this.heard.some(({ bytes }) => bytes > 0);
  }

  private listen(setting: LineSetting, now: number): void {
    this.set(setting);
    const { isBusy } = this;
    const first = this.stays === 0 ? firstQuiet : secondQuiet;
    const usualQuiet = this.round > 1 ? laterQuiet : isBusy ? busyQuiet : this.round > 0 ? laterQuiet : first;
    const quietMax = Math.max(usualQuiet, this.rhythm.wait);
    this.stays++;
    const isGuessed = this.guessed === setting.baud;
    this.stay = new Stay(setting, now, { quietMax, isGuessed, keys: this.options.keys, weak: this.weak });
    this.steps.push({ type: "trying", what: "listen", language: null });
  }

  private ask(question: Question, now: number): void {
    if (!this.asked.includes(question.language)) {
      this.asked.push(question.language);
    }
    this.rhythm.interrupt();
    this.set(question.setting);
    this.question = question;
    this.requests = 0;
    this.answered = 0;
    this.steps.push({ type: "trying", what: "ask", language: question.language });
    this.run = question.begin(this.options.keys);
    this.follow(this.run.start(now), now);
  }

  /** A request that not a single byte answered is not said again: others are still to be asked. */
  private follow(steps: readonly RunStep[], now: number): void {
    const run = this.run;
    for (const step of steps) {
      if (this.run !== run || this.outcome !== null) {
        return;
      }
      if (step.type === "send") {
        if (this.requests > 0 && this.answered === 0) {
          this.next(now);
        } else {
          this.requests += step.bytes[0] === 0 ? 0 : 1; // zeros only wake
          this.steps.push(step);
        }
      } else if (step.type === "line") {
        this.set(step.line);
      } else if (step.type === "end" && this.candidate !== null) {
        this.finish(now);
      } else if (step.type === "end") {
        this.next(now);
      } else {
        this.hear(step, now);
      }
    }
  }

  private hear(step: Extract<RunStep, { type: "telegram" | "unit" | "kind" | "fault" }>, now: number): void {
    if (step.type === "unit") {
      this.answeredBy(null, "checksum", step.unit, null, now);
    } else if (step.type === "kind") {
      this.candidate = this.candidate && { ...this.candidate, kind: step.kind };
    } else if (step.type === "telegram" && this.question?.language === "modbus") {
      this.candidate = this.candidate && { ...this.candidate, telegram: step.telegram };
    } else if (step.type === "fault") {
      const { fault } = step.fault;
      if (fault === "no-key" || fault === "wrong-key") {
        this.answeredBy(null, "checksum", null, fault, now);
      }
    } else if (step.telegram.quality === "unchecked") {
      const { meter, readings } = step.telegram;
      const key = `${meter} ${readings.map(({ obis }) => obis).join(" ")}`;
      if (this.weak.again(key)) {
        this.answeredBy(step.telegram, "repetition", null, null, now);
      } else if (this.question !== null) {
        this.questions.unshift(this.question); // once more: what it says twice counts
      }
    } else {
      this.answeredBy(step.telegram, "checksum", null, null, now);
    }
  }

  private answeredBy(
    telegram: Telegram | null,
    proof: Proof,
    unit: number | null,
    locked: Found["locked"],
    now: number,
  ): void {
    this.candidate = {
      language: this.question!.language,
      setting: this.question!.setting,
      asked: true,
      proof,
      telegrams: 1,
      faults: 0,
      telegram,
      locked,
      dataBaud: this.line!.baud,
      unit,
      kind: null,
      receiver: "plain",
    };
    // A Modbus unit is asked on: what it is, and what it measures.
    if (unit === null) {
      this.finish(now);
    }
  }

  private set(line: LineSetting): void {
    if (this.line === null || !isSame(this.line, line)) {
      this.line = line;
      this.steps.push({ type: "line", line });
    }
  }

  private finish(now: number): void {
    if (this.stay !== null) {
      this.note(this.stay, now);
    }
    this.outcome = {
      found: this.candidate,
      heard: this.heard,
      asked: this.asked,
      rate: this.rate,
      interval: this.rhythm.interval,
      ms: now - this.began,
    };
    this.steps.push({ type: "end" });
  }
}
