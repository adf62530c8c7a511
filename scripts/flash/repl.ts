import type { ConsoleLine } from "./console-line.ts";
import { ack, enquiry, evalText, head, nak, packetAt } from "./packet.ts";

/** What a board's interpreter says it is. */
export interface Identity {
  /** As the interpreter counts, e.g. "2v29.277". */
  readonly version: string;
  /** As its builds are named, e.g. "PUCKJS". */
  readonly board: string;
}

/** How long to wait, ms. */
export interface Patience {
  /** For the answer to one packet. */
  readonly answer: number;
  /** For the echo of one character. */
  readonly echo: number;
  /** For a board that starts anew. */
  readonly start: number;
  /** For one that answered before and is busy. */
  readonly busy: number;
}

/**
 * Busy: an ESP32 that calls a broker's host which is silent does nothing else until lwIP gives up, after 6 tries of 3 s or 12 of 1.5 s
 * (Espruino 2v29: connect() blocks in network_esp32.c; TCP_SYNMAXRTX in targets/esp32).
 */
export const usualPatience: Patience = { answer: 2000, echo: 1000, start: 6000, busy: 25_000 };

/** The board did not answer, or not so that it could be understood; asking again may help. */
export class NoAnswer extends Error {}

/** The board's interpreter refused what it was asked. */
export class Refused extends Error {}

/** The console asks for a password. */
export class Locked extends Error {}

/** What became of an expression; a refusal is what the board printed. */
type Answer = { readonly value: unknown } | { readonly refusal: string };

/** Of one question: how often it may be refused, since that may be due to a lost character, and how often the answer may not come. */
const refusedMax = 4;
const lostMax = 10;
/** After so many packets without an answer what is short enough is typed: there the echo tells of each character whether it came. */
const packetsLostMax = 2;
/** Characters of an expression that is typed. */
const typedMax = 240;
/** Empty lines that complete a packet of which a few characters were lost: it is refused at once, not after seconds. */
const fillerLength = 4;
/** Erases the line that was begun: escape [ 2 H (jsinteractive.c). */
const eraseLine = "\x1b[2H";
const begin = "\x02";
const end = "\x03";

/** A board's console that answers: expressions go in, JSON comes out. */
export class Repl {
  readonly #line: ConsoleLine;
  readonly #patience: Patience;
  /** Opens a console that is locked; null where it is not known. */
  readonly #password: string | null;
  #wasLocked = false;
  /** Of the newest question. The answer carries it, so that one which comes late is not taken for that to the next. */
  #number = 0;
  identity: Identity = { version: "", board: "" };

  constructor(line: ConsoleLine, password: string | null = null, patience: Patience = usualPatience) {
    this.#line = line;
    this.#password = password;
    this.#patience = patience;
  }

  /** Whether expressions travel in packets; else they are typed, one character after the other's echo. */
  get hasPackets(): boolean {
    const [major = 0, minor = 0] = this.identity.version.split(/[v.]/).map(Number);
    return major > 2 || (major === 2 && minor >= 25);
  }

  /** Characters of an expression that is sent at once. */
  get lengthMax(): number {
    return this.hasPackets ? 1000 : typedMax;
  }

  /** Finds out what answers. `patience` in ms. A console that is locked is unlocked, until `lock`. */
  async wake(patience = this.#patience.start): Promise<Identity> {
    const until = this.#line.monotonic() + patience;
    do {
      // By hand comes last: its Ctrl-C breaks off what the board does just then.
      for (const ask of [this.#enquire, this.#enquire, this.#askByHand]) {
        const identity = await ask.call(this);
        if (identity === "locked") {
          await this.#unlock();
        } else if (identity !== null) {
          this.identity = identity;
          return identity;
        }
      }
    } while (this.#line.monotonic() < until);
    throw new NoAnswer();
  }

  /** The value of an expression, as JSON carries it. What it does may happen twice, where an answer was lost. */
  async ask(expression: string): Promise<unknown> {
    const numbered = `[${++this.#number},${expression}]`;
    for (let refused = 0, lost = 0; ; ) {
      const inPacket = this.hasPackets && (lost < packetsLostMax || numbered.length > typedMax);
      const answer = await (inPacket ? this.#packet(numbered) : this.#typed(numbered));
      if (answer === null) {
        lost++;
      } else if ("value" in answer) {
        return answer.value;
      } else if (++refused === refusedMax) {
        throw new Refused(answer.refusal);
      }
      if (lost === lostMax) {
        throw new NoAnswer();
      }
      await this.#freshLine();
    }
  }

  /** Says something without waiting for what comes of it, as before a restart. */
  say(statement: string): void {
    this.#line.write(`\x10${statement}\n`);
  }

  /** Lets the board do something, the longer the more `rounds` it took already. */
  pause(rounds: number): Promise<void> {
    return this.rest((this.#patience.start / 100) * (rounds + 1));
  }

  /** Leaves the board alone for so long, ms. */
  async rest(duration: number): Promise<void> {
    await this.#line.until(() => null, duration);
  }

  async #enquire(): Promise<Identity | "locked" | null> {
    this.#line.forget();
    this.#line.write(`${eraseLine}${enquiry}`);
    return this.#line.until(
      (heard) => identityIn(/Espruino (\d+v[\d.]+\S*) (\w+)\r?\n/, heard),
      this.#patience.answer / 2,
    );
  }

  /** As interpreters before 2v25 understand it: break off what runs, then a line that prints. */
  async #askByHand(): Promise<Identity | "locked" | null> {
    this.#line.forget();
    this.#line.write(`\x03\x10print("<"+"<"+process.env.VERSION+" "+process.env.BOARD+">>")\n`);
    return this.#line.until((heard) => identityIn(/<<(\d+v[\d.]+\S*) (\w+)>>/, heard), this.#patience.answer);
  }

  async #unlock(): Promise<void> {
    if (this.#password === null) {
      throw new Locked();
    }
    this.#line.forget();
    this.#line.write(`\n${this.#password}\n`);
    const open = await this.#line.until(
      (heard) => (heard.includes("Logged in") ? true : null),
      this.#patience.answer,
    );
    if (open === null) {
      throw new Locked();
    }
    this.#wasLocked = true;
  }

  /** Leaves a console that was locked as it was found. */
  lock(): void {
    if (this.#wasLocked) {
      this.say("E.lockConsole()");
      this.#wasLocked = false;
    }
  }

  async #packet(expression: string): Promise<Answer | null> {
    this.#line.forget();
    this.#line.write(evalText(`${inAPacket}(JSON.stringify(${expression}))`));
    return this.#line.until((heard) => {
      let at = heard.indexOf(ack + head);
      if (at < 0) {
        return heard.includes(nak) ? { refusal: heard } : null;
      }
      for (; at >= 0; at = heard.indexOf(ack + head, at + 1)) {
        const found = packetAt(heard, at + 1);
        const answer = found === null ? null : answerTo(this.#number, quoted(found.packet.payload));
        if (answer !== null) {
          return answer;
        }
      }
      return null;
    }, this.#patience.answer);
  }

  /** Types a line, each character after the echo of the one before: pasted text loses characters. */
  async #typed(expression: string): Promise<Answer | null> {
    this.#line.forget();
    for (const one of `print("\\x02"+JSON.stringify(${expression})+"\\x03")`) {
      const length = this.#line.heard.length;
      this.#line.write(one);
      const echo = await this.#line.until(
        (heard) => (heard.length > length && heard.endsWith(one) ? true : null),
        this.#patience.echo,
      );
      if (echo === null) {
        return null;
      }
    }
    this.#line.write("\n");
    return this.#line.until((heard) => {
      for (let from = heard.indexOf(begin); from >= 0; from = heard.indexOf(begin, from + 1)) {
        const to = heard.indexOf(end, from);
        const answer = to < 0 ? null : answerTo(this.#number, heard.slice(from + 1, to));
        if (answer !== null) {
          return answer;
        }
      }
      return /Uncaught [\s\S]*\n/.test(heard) ? { refusal: heard } : null;
    }, this.#patience.answer);
  }

  /** After an answer that did not come or was a refusal: what was begun on the other side has to end before anything new begins. */
  async #freshLine(): Promise<void> {
    if (this.hasPackets) {
      this.#line.write("\n".repeat(fillerLength));
    }
    await this.wake(this.#patience.busy);
  }
}

function identityIn(form: RegExp, heard: string): Identity | "locked" | null {
  const found = form.exec(heard);
  if (found === null) {
    return heard.includes("password>") ? "locked" : null;
  }
  return { version: found[1] ?? "", board: found[2] ?? "" };
}

/**
 * A text as it may answer in a packet: the length of one must not look like XON (17) or XOFF (19), which the line obeys and swallows. A blank
 * behind JSON changes nothing else. Short, as it travels with every question.
 */
const inAPacket = "(t=>t+' '.substr(JSON.stringify(t).length&253^17))";

/** What `E.toJS` made of a text: JSON in quotes, whose escapes are JSON's as long as the text is plain. */
function quoted(text: string): string {
  const inner = json(text);
  return typeof inner === "string" ? inner : "";
}

/** The value in an answer, if it is that to this question. */
function answerTo(number: number, text: string): Answer | null {
  const answer = json(text);
  return Array.isArray(answer) && answer[0] === number ? { value: answer[1] } : null;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
