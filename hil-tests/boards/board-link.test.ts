/**
 * The whole way of a board: the real interpreter runs what `hasen build` made, from a slot of its flash, behind the real gateway. Boot, hello,
 * packs, sealed acknowledgements, the outbox empty, the slot confirmed; then the gateway is killed, and nothing is lost.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loaderText } from "../../firmware/loader-text.ts";
import { buildOf } from "../../scripts/build.ts";
import { askStatus } from "../../scripts/flash/board-status.ts";
import { ConsoleLine } from "../../scripts/flash/console-line.ts";
import { Repl } from "../../scripts/flash/repl.ts";
import { SerialWire } from "../../scripts/flash/serial-wire.ts";
import { flashBoard } from "../../scripts/flash/session.ts";
import { padded } from "../../scripts/flash/upload.ts";
import type { Surroundings } from "../bad-input/hasen.ts";
import { type GatewayRun, House, patience } from "../bad-input/house.ts";
import { espruinoLane, espruinoPath } from "../interpreters/espruino-program.ts";
import { has, until } from "../programs.ts";
import { Bluez, hasBluez } from "./bluez.ts";
import { EspruinoBoard } from "./espruino-board.ts";
import { boardStubs, onStubs, radioStub, serialStub, wifiStub } from "./linux-stubs.ts";
import { PtyPair } from "./pty-pair.ts";

const runs = espruinoPath() !== null && has("socat");

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) {
    await end();
  }
});

interface Site {
  readonly house: House;
  /** Link of the board, as its installation has it. */
  readonly link: string;
  readonly board: string;
  /** What the board lacks, before its program. */
  readonly stubs: string;
}

/** A board with the firmware of a device that the house knows, started; and who speaks with its console. */
async function boardAt({ house, link, board, stubs }: Site): Promise<Repl> {
  const name = "pb-pole-17";
  const made = await house.hasen("device", "new", name, "--out", "keys");
  expect(made.stderr, made.stderr).not.toContain("Error");
  const installation = join(house.folder, "pole-17.yaml");
  writeFileSync(
    installation,
    `version: 1
credentials: ./keys/${readdirSync(join(house.folder, "keys"))[0]}
board: ${board}
link: ${link}
sensors:
  - { driver: sht31, port: I2C1, scl: D1, sda: D2, interval: 1 s }
batch: { rows: 2, delay: 2 s }
outbox: { bytes: 4 KiB, frames: 32 }
`,
  );
  const { firmware } = await buildOf({ installation, version: "0.1.0" });
  const espruino = new EspruinoBoard(house.folder);
  ends.push(() => espruino.unplug());
  await espruino.plugIn();
  const wire = new SerialWire(espruino.port, 115200);
  const line = new ConsoleLine(wire);
  await wire.open();
  ends.push(() => line.close());
  const repl = new Repl(line, null, { answer: 10_000, echo: 4000, start: 20_000, busy: 20_000 });
  await repl.wake();
  const image = {
    program: padded(boardStubs + stubs + onStubs(firmware.code)),
    loader: loaderText,
    where: espruino.port,
    tidy: false,
    replaceBoot: false,
    freshKeys: false,
  };
  await flashBoard(repl, image, { progress: () => {}, resumed: () => {} });
  repl.say("E.reboot()");
  await line.until((heard) => (heard.includes("Espruino") ? true : null), 20_000);
  return repl;
}

/** What the device says of itself at its console. */
async function deviceOf(repl: Repl) {
  await repl.rest(1000); // what is asked without end finds no time to answer
  const { device, running, slots } = await askStatus(repl);
  return { outbox: device?.["outbox"], epoch: device?.["epoch"], running, slot: slots[0] };
}

/** By the identity of its row, since a gateway that was killed may write the last ones again. */
function temperatures(house: House): Map<string, number> {
  const rows = house.records().filter(({ n }) => n.endsWith(":temperature"));
  return new Map(rows.map(({ dh, v }) => [dh, v]));
}

/** Boot to confirmed slot; then a gateway that is killed and comes back. */
async function wholeWay(
  house: House,
  run: GatewayRun,
  repl: Repl,
  surroundings: Surroundings = {},
): Promise<void> {
  await until("rows have come", () => temperatures(house).size >= 4, patience);
  expect(new Set(temperatures(house).values())).toEqual(new Set([21.5]));
  await until("the outbox is empty", async () => (await deviceOf(repl)).outbox === 0, patience);
  expect(await deviceOf(repl)).toMatchObject({ epoch: 0, running: "app.a", slot: { confirmed: true } });

  await run.kill();
  const before = temperatures(house).size;
  await until(
    "the board keeps what nobody takes",
    async () => Number((await deviceOf(repl)).outbox) >= 3,
    patience,
  );
  await house.start(surroundings);
  await until("what it kept has come", () => temperatures(house).size >= before + 6, 2 * patience);
  await until("no gap is open", () => openGaps(house).length === 0, patience);
}

function openGaps(house: House): string[] {
  const open = new Map<string, boolean>();
  for (const gap of house.gaps()) {
    open.set(`${gap.epoch}/${gap.from}`, gap.state === "open");
  }
  return [...open].filter(([, isOpen]) => isOpen).map(([number]) => number);
}

describe.skipIf(!runs)(`a board at its gateway, ${espruinoLane}`, () => {
  it(
    "over a serial line: boots, empties its outbox, confirms its slot, and loses nothing while the gateway is killed",
    async () => {
      const house = await House.open();
      ends.push(() => house.close());
      const line = new PtyPair(house.folder, "line");
      ends.push(() => line.close());
      await line.open(null);
      house.configure({ links: [`  - { kind: serial, port: ${line.port} }`] });
      const run = await house.start();
      const repl = await boardAt({
        house,
        board: "puck-js",
        link: "{ kind: serial, port: Serial1, rx: D28, tx: D29, baud: 115200 }",
        stubs: serialStub(line.far),
      });
      await wholeWay(house, run, repl);
    },
    6 * patience,
  );

  it(
    "over MQTT: joins, is let in with its own password, empties its outbox, and loses nothing while the broker is killed",
    async () => {
      const house = await House.open();
      ends.push(() => house.close());
      const run = await house.start();
      const repl = await boardAt({
        house,
        board: "esp32",
        link: `{ kind: mqtt, url: "mqtt://127.0.0.1:${house.mqttPort}", wifi: { network: street } }`,
        stubs: wifiStub,
      });
      await wholeWay(house, run, repl);
    },
    6 * patience,
  );

  it.skipIf(!hasBluez)(
    "over Bluetooth: is found under its address, empties its outbox, and loses nothing while the gateway is killed or the radio fails (needs dbus, python3-dbusmock and python3-gi)",
    async () => {
      const bluez = await Bluez.open();
      ends.push(() => bluez.close());
      await bluez.startService();
      await bluez.order("adapter", { name: "hci0" });
      await bluez.order("device", { address });
      const house = await House.open({ links: [`  - { kind: ble, devices: ["${address}"] }`] });
      ends.push(() => house.close());
      const air = new Air(bluez, house.folder);
      ends.push(() => air.close());
      await air.open();
      const surroundings = { env: { DBUS_SYSTEM_BUS_ADDRESS: bluez.address } };
      const run = await house.start(surroundings);
      const link = "{ kind: ble, interval: 500 ms }";
      const repl = await boardAt({ house, board: "puck-js", link, stubs: radioStub(air.path) });
      await wholeWay(house, run, repl, surroundings);
      expect(await repl.ask("NRF.advert")).toEqual({ name: "pb-pole-17", interval: 500 });

      const before = temperatures(house).size;
      await bluez.order("drop", { address });
      await until("it goes on", () => temperatures(house).size >= before + 6, 2 * patience);
      await until("no gap is open", () => openGaps(house).length === 0, patience);
    },
    8 * patience,
  );
});

const address = "C2:71:35:02:EE:B8";

/** What is between a board's radio and BlueZ: pieces either way, and whether somebody is connected. */
class Air {
  readonly #bluez: Bluez;
  readonly #pair: PtyPair;
  readonly #radio: string;
  #carrying: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | null = null;
  #seen = 0;

  constructor(bluez: Bluez, folder: string) {
    this.#bluez = bluez;
    this.#pair = new PtyPair(folder, "air");
    this.#radio = join(folder, "radio");
    writeFileSync(this.#radio, "0");
  }

  /** Where the board's UART is. */
  get path(): string {
    return this.#pair.port;
  }

  async open(): Promise<void> {
    await this.#pair.open((bytes) => {
      const hex = bytes.toString("hex");
      this.#carrying = this.#carrying.then(() => this.#bluez.order("say", { address, hex }));
    });
    this.#timer = setInterval(() => this.#look(), 10);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) {
      clearInterval(this.#timer);
    }
    await this.#carrying.catch(() => {});
    await this.#pair.close();
  }

  /** What the gateway did since the last look. */
  #look(): void {
    for (const { event, hex } of this.#bluez.events.slice(this.#seen)) {
      this.#seen++;
      if (event === "written") {
        this.#pair.write(Buffer.from(hex ?? "", "hex"));
      } else if (event === "connected" || event === "disconnected") {
        writeFileSync(this.#radio, event === "connected" ? "1" : "0");
      }
    }
  }
}
