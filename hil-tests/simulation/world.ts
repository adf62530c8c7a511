/**
 * One world, made and broken by a seed: devices, a gateway, cities, an attacker, in one process and virtual time. First everything
 * breaks, and at every moment of the gateway's disk a crash image is taken and checked (safety). Then everything heals, and what was
 * acknowledged must have arrived or be named (liveness).
 */
import { seeded } from "../../boards/platforms/seeded.ts";
import { VirtualTime } from "../../boards/platforms/timers.ts";
import type { FrameSource } from "../../gateway/link.ts";
import { ringFolder } from "../../gateway/rings.ts";
import { SimulatedDisk, seededRandom } from "../../gateway/spool/simulated-disk.ts";
import { parseHeader } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";
import { includes } from "../../protocols/ranges.ts";
import { Attacker } from "./attacker.ts";
import { type Moment, settle, violationOf } from "./checks.ts";
import { City } from "./city.ts";
import { deviceOf, rootOf, SimulatedNode } from "./device.ts";
import { folder, GatewayLife, type GatewaySetting, type LifeOptions } from "./gateway.ts";
import type { Plant } from "./plants.ts";
import { type Damage, damageShape } from "./shape-damage.ts";
import { Truth } from "./truth.ts";
import { badWeather, describe, fair, type Weather } from "./weather.ts";
import { Witness } from "./witness.ts";

export interface Outcome {
  /** Crash images recovered and checked. */
  readonly states: number;
  readonly violation: string | null;
  /** What happened, a line each with its second. */
  readonly story: readonly string[];
}

/** Unix ms at the beginning of the world. */
const beginning = 1_800_000_000_000;
const phasesMax = 14;
/** Virtual time that a healed world gets to bring everything home, ms. */
const healingMax = 3_600_000;
const storyMax = 400;
/** Of so many crash images one is made to deliver all it holds; of the others it is seen where that lies. */
const thoroughEvery = 4;
/** Of so many crash images one is damaged where a shape is. */
const damagedEvery = 10;
/** That the same happens to the gateway's own disk when its power goes. */
const damagedCuts = 0.3;

export class World {
  readonly #dice: () => number;
  readonly #time = new VirtualTime();
  readonly #truth: Truth;
  readonly #witness: Witness;
  readonly #setting: GatewaySetting;
  readonly #devices: SimulatedNode[];
  readonly #cities: City[];
  readonly #attacker: Attacker;
  readonly #plant: Plant;
  #weather: Weather = fair;
  #life: GatewayLife;
  #lives = 0;
  #moments: Moment[] = [];
  #states = 0;
  #taken = 0;
  /** The gateway's disk was damaged in some life. */
  #damaged = false;
  /** It failed at some call. */
  #diskFailed = false;
  readonly #story: string[] = [];

  constructor(seed: number, plant: Plant) {
    const dice = seeded(seed);
    this.#dice = dice;
    this.#plant = plant;
    // Some worlds have more to say than the spool can hold while their city is away.
    const crowded = dice() < 0.2;
    const kids = Array.from({ length: 1 + Math.floor(dice() * 3) }, (_, i) => i + 1);
    const cities = dice() < 0.7 ? 1 : 2;
    this.#truth = new Truth(cities, new Map(kids.map((kid) => [deviceOf(kid), kid])));
    this.#devices = kids.map(
      (kid) =>
        new SimulatedNode({
          kid,
          time: this.#time,
          truth: this.#truth,
          unixOffset: beginning,
          dice,
          pace: crowded ? [100, 300] : [150, 3000],
          cutChance: () => this.#weather.deviceCut,
          onCut: (device) => this.#deviceDown(device),
        }),
    );
    this.#witness = new Witness(
      this.#truth,
      new Map(this.#devices.map(({ kid, installation }) => [kid, installation.alg])),
    );
    const ring = { segmentBytes, linger: dice() < 0.5 ? 0 : 20, retryDelay: 500, salt: () => seed };
    this.#setting = {
      devices: this.#devices.map(({ kid, installation: { alg } }) => ({
        device: deviceOf(kid),
        name: `sim-${kid}`,
        kid,
        alg,
        root: rootOf(kid),
        state: "active",
        personal: false,
      })),
      spool: {
        ...ring,
        folder,
        bytesMax: segmentBytes * (3 + Math.floor(dice() * 3)),
        policyWhenFull: dice() < 0.8 ? "drop-oldest" : "refuse",
      },
      kept: {
        ...ring,
        folder: ringFolder(folder, "kept"),
        bytesMax: 3 * segmentBytes,
        policyWhenFull: "refuse",
      },
      unixOffset: beginning,
    };
    this.#cities = Array.from(
      { length: cities },
      (_, index) =>
        new City({
          index,
          time: this.#time,
          truth: this.#truth,
          dice,
          weather: () => (crowded && this.#weather !== fair ? away : this.#weather.city),
        }),
    );
    this.#attacker = new Attacker(dice, kids);
    this.#life = new GatewayLife(new SimulatedDisk(seededRandom(seed)), this.#lifeOptions());
  }

  async run(): Promise<Outcome> {
    for (const device of this.#devices) {
      this.#wire(device);
      device.boot();
    }
    this.#startGateway(this.#life.disk);
    const phases = 4 + Math.floor(this.#dice() * (phasesMax - 3));
    for (let phase = 0; phase < phases && this.#truth.violation === null; phase++) {
      await this.#endure(badWeather(this.#dice));
    }
    if (this.#truth.violation === null) {
      await this.#heal();
    }
    const violation = this.#truth.violation;
    if (violation !== null) {
      this.#tell(violation);
    }
    return { states: this.#states, violation, story: this.#story };
  }

  /** One phase of bad weather. */
  async #endure(weather: Weather): Promise<void> {
    this.#weather = weather;
    this.#tell(describe(weather));
    for (const device of this.#devices) {
      device.link.weather = weather.link;
      device.link.connected = this.#dice() >= weather.linksDown;
      if (this.#dice() < 0.1 && device.node !== null) {
        device.powerOff();
        this.#deviceDown(device);
      }
    }
    const attacks = Math.floor((weather.attacks * weather.duration) / 1000);
    for (let i = 0; i < attacks; i++) {
      this.#time.after(this.#dice() * weather.duration, () => this.#attack());
    }
    await this.#pass(weather.duration);
    if (this.#dice() < 0.5) {
      for (const city of this.#cities) {
        city.heal();
      }
    }
  }

  /** Everything works again; at last the sensors fall silent, so that all that is under way can arrive. */
  async #heal(): Promise<void> {
    this.#weather = fair;
    this.#tell("everything heals");
    this.#life.disk.failing = () => null;
    for (const device of this.#devices) {
      device.link.weather = fair.link;
      device.link.connected = true;
    }
    for (const city of this.#cities) {
      city.heal();
    }
    await this.#pass(20_000);
    for (const device of this.#devices) {
      device.quiet = true;
    }
    const end = this.#time.monotonic() + healingMax;
    while (this.#truth.violation === null && this.#time.monotonic() < end && !this.#settled) {
      await this.#pass(5000);
    }
    if (this.#truth.violation === null) {
      this.#checkHealed();
    }
  }

  get #settled(): boolean {
    return this.#life.settled && this.#devices.every(({ empty }) => empty);
  }

  #checkHealed(): void {
    const truth = this.#truth;
    const { core } = this.#life;
    if (core === null) {
      truth.violate(`the gateway does not come back: ${this.#life.refusal}`);
      return;
    }
    const full = this.#devices.find(({ empty }) => !empty);
    if (full !== undefined) {
      truth.violate(`device ${full.kid} cannot get rid of ${full.node?.uplink.outbox.frames} frames`);
    }
    if (!this.#life.settled) {
      truth.violate("the gateway does not get its spool to the cities");
    }
    if (core.ingest.shapes.parkedCount > 0) {
      truth.violate(`${core.ingest.shapes.parkedCount} packs still wait for their shape`);
    }
    truth.owing().forEach((owing, city) => {
      if (owing.length > 0) {
        truth.violate(
          `city ${city} never got ${owing.length} acknowledged messages, the first is ${owing[0].id}`,
        );
      }
    });
    for (const message of truth.messages.values()) {
      const received = core.ingest.devices.byKid(message.kid)?.received.epochs() ?? [];
      const ranges = received.find(({ epoch }) => epoch === message.epoch)?.received ?? [];
      const counts = message.records > 0 && includes(ranges, message.piv);
      if (counts && !this.#cities.every((_, city) => truth.settled(city, message))) {
        truth.violate(`message ${message.id} counts as arrived, and not every city has it or is told`);
      }
    }
  }

  /** Lets time pass, event by event, and checks what the disk went through. */
  async #pass(duration: number): Promise<void> {
    const end = this.#time.monotonic() + duration;
    while (this.#truth.violation === null && this.#time.step(end)) {
      await settle();
      await this.#checkMoments();
    }
    if (this.#truth.violation === null) {
      this.#time.advance(end - this.#time.monotonic());
    }
  }

  async #checkMoments(): Promise<void> {
    for (const moment of this.#moments.splice(0)) {
      this.#states++;
      const violation = await violationOf(moment, this.#truth, this.#setting);
      if (violation !== null) {
        const flipped = moment.damage === null ? "" : `, a bit flipped in ${moment.damage.path}`;
        this.#truth.violate(`power cut in state ${this.#states}${flipped}: ${violation}`);
        return;
      }
    }
  }

  #lifeOptions(): LifeOptions {
    return {
      setting: this.#setting,
      time: this.#time,
      random: this.#dice,
      diskDelay: () => this.#weather.diskDelay,
      cities: this.#cities,
      plant: this.#plant,
    };
  }

  #startGateway(disk: SimulatedDisk): void {
    const life = new GatewayLife(disk, this.#lifeOptions());
    this.#life = life;
    this.#lives++;
    this.#tell(`gateway starts, life ${this.#lives}`);
    disk.watch = () => this.#atDisk(life);
    disk.failing = ({ operation }) => {
      if (operation === "read" || operation === "open" || this.#dice() >= this.#weather.diskFailure) {
        return null;
      }
      this.#diskFailed = true;
      return (["EIO", "ENOSPC", "EROFS", "SHORT"] as const)[Math.floor(this.#dice() * 4)];
    };
    void life.start().then(() => {
      if (life.refusal !== null && life.alive) {
        this.#tell(`gateway does not start: ${life.refusal}`);
        this.#endLife(life, disk.kill());
      }
    });
  }

  /** A moment at which a power cut makes a difference. */
  #atDisk(life: GatewayLife): void {
    const image = life.disk.crash(this.#dice);
    // One damage at a time: the next one comes when every shape lies in both rings again.
    const whole = !this.#damaged || life.core?.ingest.shapes.allSafe === true;
    const damage = ++this.#taken % damagedEvery === 0 && whole ? this.#damage(image) : null;
    this.#moments.push({
      disk: image,
      acknowledged: this.#truth.acknowledged.length,
      owing: this.#truth.owing(),
      bootEpochs: this.#witness.bootEpochs,
      thorough: this.#taken % thoroughEvery === 0,
      damage,
      damagedBefore: this.#damaged,
    });
    if (this.#dice() < this.#weather.gatewayCut) {
      this.#tell("gateway loses its power");
      const disk = life.disk.crash(this.#dice);
      if (this.#dice() < damagedCuts && whole) {
        const damage = this.#damage(disk);
        this.#truth.excuse(damage?.lost ?? []);
        this.#damaged = true;
        this.#tell(`a bit flips where a shape is: ${damage?.path}${damage?.snapshot ? ", snapshot" : ""}`);
      }
      this.#endLife(life, disk);
    } else if (this.#dice() < this.#weather.gatewayKill) {
      this.#tell("gateway is killed");
      this.#endLife(life, life.disk.kill());
    }
  }

  #damage(disk: SimulatedDisk): Damage | null {
    return damageShape(disk, {
      dice: this.#dice,
      kidOf: (device) => this.#truth.kidOf(device),
      spareLone: this.#diskFailed,
    });
  }

  #endLife(life: GatewayLife, disk: SimulatedDisk): void {
    life.end();
    this.#time.after(50 + this.#dice() * 3000, () => this.#startGateway(disk));
  }

  #deviceDown(device: SimulatedNode): void {
    this.#tell(`device ${device.kid} loses its power`);
    this.#time.after(100 + this.#dice() * 5000, () => {
      device.boot();
      this.#tell(`device ${device.kid} boots, epoch ${device.node?.uplink.epoch}`);
    });
  }

  #wire(device: SimulatedNode): void {
    const { kid, link } = device;
    const source: FrameSource = {
      address: `mqtt:sim-${kid}`,
      reply: (frame) => {
        this.#witness.gatewaySaid(kid, frame);
        link.sendDown(frame);
        return link.connected;
      },
    };
    link.onSent = (frame) => {
      this.#witness.deviceSaid(kid, frame);
      this.#attacker.overhear(frame);
    };
    link.onUp = (frame) => this.#life.receive(frame, source);
  }

  #attack(): void {
    const frame = this.#attacker.frame();
    if (frame === null) {
      return;
    }
    const kid = 1 + Math.floor(this.#dice() * this.#devices.length);
    if (this.#dice() < 0.2) {
      this.#devices[kid - 1].link.onFrame?.(frame);
      return;
    }
    const header = parseHeader(frame);
    const to = isFault(header) ? 0 : header.kid;
    const reply = (answer: Uint8Array): boolean => {
      this.#witness.gatewaySaid(to, answer);
      this.#attacker.overhear(answer);
      return true;
    };
    this.#life.receive(frame, { address: "mqtt:attacker", reply });
  }

  #tell(what: string): void {
    if (this.#story.length < storyMax) {
      this.#story.push(`${(this.#time.monotonic() / 1000).toFixed(3)} s  ${what}`);
    }
  }
}

/** A city that answers half of what it is sent, with a fault, and the rest not at all. */
const away = { hang: 1, failure: 1, delay: 500 };

/** Small, so that the ring turns often, and large enough for the snapshot at the start of each. */
const segmentBytes = 20_480;
