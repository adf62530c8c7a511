/** An Arduino Uno without copper: an emulated ATmega328P that runs a real program, with chips on its I2C bus and voltages at its pins. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AVRADC,
  AVRIOPort,
  AVRTimer,
  AVRTWI,
  AVRUSART,
  adcConfig,
  avrInstruction,
  CPU,
  PinState,
  portBConfig,
  portCConfig,
  portDConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  twiConfig,
  usart0Config,
} from "avr8js";
import type { Chip } from "../../boards/platforms/simulated-sensors.ts";
import { has } from "../programs.ts";

/** Whether an Uno can be had here: a compiler and headers for its chip, and a line to it. */
export const hasUno = has("socat") && has("avr-gcc") && existsSync("/usr/lib/avr/include/avr/io.h");

/** Hz. */
const frequency = 16_000_000;
/** Cycles that are run at a time, so that bytes get their turn; further behind it gives up catching up. */
const sliceMax = frequency / 250;
const sleepOpcode = 0x9588; // AVR Instruction Set Manual, SLEEP
/** Bytes from the host that wait for the chip. */
const queueMax = 4096;

/** Our own Firmata for the Uno, made by avr-gcc. */
export function firmataImage(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "dreihasen-avr-"));
  const path = (name: string) => join(folder, name);
  try {
    const source = new URL("firmata.c", import.meta.url).pathname;
    execFileSync("avr-gcc", ["-mmcu=atmega328p", "-Os", "-Wall", "-Werror", "-o", path("elf"), source]);
    execFileSync("avr-objcopy", ["-O", "binary", path("elf"), path("bin")]);
    return new Uint8Array(readFileSync(path("bin")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface UnoParts {
  /** What its flash holds. */
  readonly image: Uint8Array;
  /** Chips on its I2C bus by address, with ms from a command to its answer; sooner they do not answer. */
  readonly chips: Readonly<Record<number, { readonly chip: Chip; readonly conversion: number }>>;
  /** A byte that leaves its serial line. */
  readonly onByte: (byte: number) => void;
}

/** Runs at the speed of the real chip, as far as this machine can. */
export class Uno {
  readonly #parts: UnoParts;
  #cpu!: CPU;
  #serial!: AVRUSART;
  #adc!: AVRADC;
  #ports!: readonly AVRIOPort[];
  /** Pins that a contact connects to ground. */
  readonly #closed = new Set<number>();
  #queue: number[] = [];
  #since = 0;
  #asleep = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: UnoParts) {
    this.#parts = parts;
    this.reset();
  }

  /** As its button does. */
  reset(): void {
    const memory = new Uint16Array(16384);
    new Uint8Array(memory.buffer).set(this.#parts.image);
    const volts = this.#adc?.channelValues ?? [];
    const cpu = new CPU(memory);
    this.#cpu = cpu;
    this.#ports = [portDConfig, portBConfig, portCConfig].map((config) => new AVRIOPort(cpu, config));
    for (const config of [timer0Config, timer1Config, timer2Config]) {
      new AVRTimer(cpu, config);
    }
    this.#serial = new AVRUSART(cpu, usart0Config, frequency);
    this.#serial.onByteTransmit = (byte) => this.#parts.onByte(byte);
    this.#serial.onRxComplete = () => this.#feed();
    this.#adc = new AVRADC(cpu, adcConfig);
    Object.assign(this.#adc.channelValues, volts);
    const wire = new AVRTWI(cpu, twiConfig, frequency);
    wire.eventHandler = new Bus(this.#parts.chips, wire);
    for (const port of this.#ports) {
      port.addListener(() => this.#settle());
    }
    this.#settle();
    this.#queue = [];
    this.#asleep = false;
    this.#since = performance.now();
  }

  start(): void {
    this.#since = performance.now() - (this.#cpu.cycles * 1000) / frequency;
    this.#timer = setInterval(() => this.#run(), 1);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Bytes from the host. */
  receive(bytes: Uint8Array): void {
    this.#queue.push(...bytes.subarray(0, queueMax - this.#queue.length));
    this.#feed();
  }

  setVoltage(input: number, volts: number): void {
    this.#adc.channelValues[input] = volts;
  }

  /** A contact between a digital pin and ground. */
  setContact(pin: number, closed: boolean): void {
    if (closed) {
      this.#closed.add(pin);
    } else {
      this.#closed.delete(pin);
    }
    this.#settle();
  }

  /** An open pin is high where its pull-up is on, and low otherwise. */
  #settle(): void {
    for (let pin = 2; pin < 20; pin++) {
      const [port, bit] = pin < 8 ? [0, pin] : pin < 14 ? [1, pin - 8] : [2, pin - 14];
      const pulledUp = this.#ports[port]!.pinState(bit) === PinState.InputPullUp;
      this.#ports[port]!.setPin(bit, pulledUp && !this.#closed.has(pin));
    }
  }

  #feed(): void {
    const next = this.#queue[0];
    if (next !== undefined && this.#serial.writeByte(next) === true) {
      this.#queue.shift();
    }
  }

  #run(): void {
    const cpu = this.#cpu;
    const due = ((performance.now() - this.#since) * frequency) / 1000;
    if (due - cpu.cycles > sliceMax) {
      this.#since = performance.now() - ((cpu.cycles + sliceMax) * 1000) / frequency;
    }
    const end = Math.min(due, cpu.cycles + sliceMax);
    this.#feed();
    while (cpu.cycles < end) {
      this.#step(cpu, end);
    }
  }

  /** One instruction or, asleep, the time until something happens: an idle chip costs this machine next to nothing. */
  #step(cpu: CPU, end: number): void {
    if (this.#asleep) {
      cpu.cycles = Math.max(cpu.cycles, Math.min(end, nextEvent(cpu)));
    } else {
      this.#asleep = cpu.progMem[cpu.pc] === sleepOpcode;
      avrInstruction(cpu);
    }
    const place = cpu.pc;
    cpu.tick();
    this.#asleep &&= cpu.pc === place; // an interrupt wakes it
  }
}

/** Cycle of what its peripherals have in hand; avr8js keeps that to itself. */
function nextEvent(cpu: CPU): number {
  const { nextClockEvent } = cpu as unknown as { nextClockEvent: { cycles: number } | null };
  return nextClockEvent?.cycles ?? Number.POSITIVE_INFINITY;
}

/** Lets chips that know whole transfers answer byte by byte. */
class Bus {
  readonly #chips: UnoParts["chips"];
  readonly #wire: AVRTWI;
  #address = -1;
  #command: number[] = [];
  #commands = new Map<number, { bytes: Uint8Array; time: number }>();
  #answer: Uint8Array = new Uint8Array(0);

  constructor(chips: UnoParts["chips"], wire: AVRTWI) {
    this.#chips = chips;
    this.#wire = wire;
  }

  start(): void {
    this.#wire.completeStart();
  }

  stop(): void {
    if (this.#command.length > 0) {
      this.#commands.set(this.#address, { bytes: Uint8Array.from(this.#command), time: performance.now() });
      this.#command = [];
    }
    this.#wire.completeStop();
  }

  connectToSlave(address: number, write: boolean): void {
    this.#address = address;
    const there = this.#chips[address];
    if (write || there === undefined) {
      this.#wire.completeConnect(there !== undefined);
      return;
    }
    const command = this.#commands.get(address);
    const early = command === undefined || performance.now() - command.time < there.conversion;
    const answer = early ? null : there.chip(command.bytes, 32);
    this.#answer = answer ?? new Uint8Array(0);
    this.#wire.completeConnect(answer !== null);
  }

  writeByte(value: number): void {
    this.#command.push(value);
    this.#wire.completeWrite(true);
  }

  readByte(_acknowledged: boolean): void {
    this.#wire.completeRead(this.#answer[0] ?? 0xff);
    this.#answer = this.#answer.subarray(1);
  }
}
