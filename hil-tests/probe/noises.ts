import { seeded } from "../../boards/platforms/seeded.ts";
import { utf8 } from "../../protocols/bytes.ts";
import { even, type LineSetting, plain, rates, seven } from "../../scripts/probe/setting.ts";
import { randomBytes } from "../meters/noise.ts";
import type { Piece, Source } from "./world.ts";

/** What is no meter but may be on a serial line; a probe must name none of it. */
export function noiseOf(seed: number): Source {
  const random = seeded(seed);
  const kinds = [bytes, sparks, log, nmea, modem, echo, starts];
  const baud = rates[Math.floor(random() * rates.length)]!;
  const setting = [plain, even, seven][Math.floor(random() * 3)]!(baud);
  return kinds[seed % kinds.length]!(setting, random, seed);
}

type Random = () => number;

function streaming(setting: LineSetting, period: number, next: () => Uint8Array): Source {
  let at = 0;
  return {
    push: (until) => {
      const pieces: Piece[] = [];
      for (; at < until; at += period) {
        pieces.push({ at, setting, bytes: next() });
      }
      return pieces;
    },
    answer: () => [],
  };
}

/** Random bytes, half as many as the line carries. */
function bytes(setting: LineSetting, _: Random, seed: number): Source {
  let number = seed * 1000;
  return streaming(setting, 1000, () => randomBytes(number++, Math.min(setting.baud / 20, 2000)));
}

/** A few bytes now and then, as a lamp behind an optical head gives them. */
function sparks(setting: LineSetting, random: Random, seed: number): Source {
  let number = seed * 1000;
  return streaming(setting, 300 + random() * 3000, () => randomBytes(number++, 1 + Math.floor(random() * 6)));
}

function log(setting: LineSetting, random: Random): Source {
  let line = 0;
  const words = [
    "[info]",
    "/dev/ttyUSB0",
    "boot: 1.8.0(x)",
    "val(0)!",
    "ERROR 0x1b",
    "temp=21.5*C",
    "!",
    "/",
  ];
  return streaming(setting, 700, () =>
    utf8(`${line++} ${words[Math.floor(random() * words.length)]!} ${random()}\r\n`),
  );
}

function nmea(setting: LineSetting, random: Random): Source {
  return streaming(setting, 1000, () => {
    const text = `GPGGA,${Math.floor(random() * 240000)},5142.${Math.floor(random() * 9999)},N,00845.1,E,1,08,0.9,110.0,M,46.9,M,,`;
    const sum = utf8(text).reduce((all, byte) => all ^ byte, 0);
    return utf8(`$${text}*${sum.toString(16).padStart(2, "0").toUpperCase()}\r\n`);
  });
}

/** Says ERROR to whatever it is told. */
function modem(setting: LineSetting): Source {
  return {
    push: () => [],
    answer: (said, asked, now) =>
      asked.baud === setting.baud
        ? [{ at: now + 30, setting, bytes: new Uint8Array([...said, ...utf8("\r\nERROR\r\n")]) }]
        : [],
  };
}

/** Gives back what it is told, at any speed, as crossed wires do. */
function echo(): Source {
  return { push: () => [], answer: (said, setting, now) => [{ at: now + 5, setting, bytes: said }] };
}

/** Beginnings of telegrams with rubbish behind them. */
function starts(setting: LineSetting, random: Random, seed: number): Source {
  const heads = [
    "\u001b\u001b\u001b\u001b\u0001\u0001\u0001\u0001",
    "/EMH5\r\n\r\n1-0:1.8.0*255(",
    "h\u0010\u0010h",
    "~\u00a0",
  ];
  let number = seed * 1000;
  return streaming(setting, 1000, () => {
    const head = [...heads[Math.floor(random() * heads.length)]!].map((one) => one.charCodeAt(0));
    return new Uint8Array([...head, ...randomBytes(number++, 60)]);
  });
}
