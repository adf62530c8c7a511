import { arduinoMega } from "./arduino-mega.ts";
import { arduinoUno } from "./arduino-uno.ts";
import { bangleJs2 } from "./bangle-js-2.ts";
import type { Board } from "./board.ts";
import { esp32 } from "./esp32.ts";
import { esp32C3 } from "./esp32-c3.ts";
import { esp32S3 } from "./esp32-s3.ts";
import { espruinoPico } from "./espruino-pico.ts";
import { espruinoWifi } from "./espruino-wifi.ts";
import { joltJs } from "./jolt-js.ts";
import { mdbt42q } from "./mdbt42q.ts";
import { microbit2 } from "./microbit-2.ts";
import { pixlJs } from "./pixl-js.ts";
import { puckJs } from "./puck-js.ts";
import { raspberryPi3 } from "./raspberry-pi-3.ts";
import { raspberryPi4 } from "./raspberry-pi-4.ts";
import { raspberryPi5 } from "./raspberry-pi-5.ts";
import { raspberryPiZero2W } from "./raspberry-pi-zero-2-w.ts";
import { rp2040 } from "./rp2040.ts";
import { xiaoNrf52840 } from "./xiao-nrf52840.ts";

/** The boards there are; one line each. */
export const boards: readonly Board[] = [
  arduinoMega,
  arduinoUno,
  bangleJs2,
  esp32,
  esp32C3,
  esp32S3,
  espruinoPico,
  espruinoWifi,
  joltJs,
  mdbt42q,
  microbit2,
  pixlJs,
  puckJs,
  raspberryPi3,
  raspberryPi4,
  raspberryPi5,
  raspberryPiZero2W,
  rp2040,
  xiaoNrf52840,
];

export function boardOf(name: string): Board | null {
  return boards.find((board) => board.name === name) ?? null;
}
