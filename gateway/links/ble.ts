/** Devices over Bluetooth LE: frames over the Nordic UART service, as on a serial line (COBS with checksum). */
import { type Static, Type } from "@sinclair/typebox";
import { Backoff } from "../backoff.ts";
import { Peer } from "../ble/peer.ts";
import { Radio } from "../ble/radio.ts";
import { group, list, mac, text } from "../config/schema.ts";
import type { FrameReceiver, GatewayLink, LinkContext } from "../link.ts";
import { ProblemError, problemText } from "../problem.ts";
import { newCounters, refuse } from "./counters.ts";

/** An adapter holds about this many connections at a time; beyond it, take another adapter. */
const devicesMax = 8;

export function adapterName() {
  return Type.Optional(
    text({
      about: {
        en: "Bluetooth adapter; without it the first there is",
        de: "Bluetooth-Adapter; ohne Angabe der erste, den es gibt",
      },
      example: "hci0",
      maxLength: 16,
    }),
  );
}

const schema = group(
  {
    adapter: adapterName(),
    devices: list(
      mac({
        about: { en: "Bluetooth address of a device", de: "Bluetooth-Adresse eines Geräts" },
        example: "C2:71:35:02:EE:B8",
      }),
      {
        about: {
          en: "Devices to connect to, by their Bluetooth addresses",
          de: "Geräte, mit denen verbunden wird, mit ihren Bluetooth-Adressen",
        },
        minItems: 1,
        maxItems: devicesMax,
      },
    ),
  },
  { about: { en: "Devices over Bluetooth LE", de: "Geräte über Bluetooth LE" } },
);

export type BleSettings = Static<typeof schema>;

const lookEvery = 1000; // ms between two looks at adapter and connections
const retryMax = 60_000; // ms, longest wait before trying again
const farewellMax = 800; // ms for connections to end in order
const notHeard = "not heard yet";
const unsettledMax = 256; // frames waiting for the disk; a device sends again what was dropped beyond them

/** One configured device. */
interface Place {
  readonly address: string;
  readonly backoff: Backoff;
  peer: Peer | null;
  retryAt: number;
  reason: string;
}

export class BleLink implements GatewayLink {
  readonly name: string;
  readonly counters = newCounters();
  readonly #settings: BleSettings;
  readonly #context: LinkContext;
  readonly #places: readonly Place[];
  readonly #backoff: Backoff;
  #receive: FrameReceiver = (_frame, _source, settled) => settled();
  #radio: Radio | null = null;
  #reason: string | null = "not started yet";
  #running: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;
  #stopped = false;
  #unsettled = 0;

  constructor(settings: BleSettings, context: LinkContext) {
    this.#settings = settings;
    this.#context = context;
    this.name = `ble ${settings.adapter ?? ""}`.trim();
    this.#backoff = this.#newBackoff();
    this.#places = settings.devices.map((address) => ({
      address,
      backoff: this.#newBackoff(),
      peer: null,
      retryAt: 0,
      reason: notHeard,
    }));
  }

  /** Never rejects: an adapter that is not there is told, and taken when it comes. */
  async start(receive: FrameReceiver): Promise<void> {
    this.#receive = receive;
    await this.#open();
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake();
    const radio = this.#radio;
    const farewell = Promise.all([
      ...this.#places.map(({ peer }) => peer?.close()),
      radio?.listen(false).catch(() => undefined),
    ]);
    await Promise.race([farewell, this.#pause(farewellMax)]);
    radio?.close();
    await this.#running;
  }

  /** A radio connection has no session of its own: what a revoked device sends is refused by the envelope. */
  disconnect(_device: string): void {}

  trouble(): string | null {
    const away = this.#places.filter(({ peer }) => peer === null);
    if (this.#reason !== null || away.length === 0) {
      return this.#reason;
    }
    return away.map(({ address, reason }) => `${address}: ${reason}`).join("; ");
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      let wait = lookEvery;
      try {
        if (this.#radio === null) {
          await this.#open();
        }
        if (this.#radio !== null) {
          await this.#look(this.#radio);
        }
      } catch (error) {
        this.#lose(error);
      }
      if (this.#radio === null) {
        wait = this.#backoff.next();
      }
      if (!this.#stopped) {
        await this.#pause(wait);
      }
    }
  }

  async #open(): Promise<void> {
    try {
      this.#radio = await Radio.open(this.#settings.adapter);
      this.#reason = null;
      this.#backoff.succeeded();
      this.#context.log.info({ adapter: this.#radio.name }, "bluetooth adapter opened");
    } catch (error) {
      this.#lose(error);
    }
  }

  /** Connects what is not connected, one after the other: an adapter makes one connection at a time. */
  async #look(radio: Radio): Promise<void> {
    await radio.check();
    const now = performance.now();
    for (const place of this.#places) {
      if (!this.#stopped && place.peer === null && place.retryAt <= now) {
        await this.#connect(radio, place);
      }
    }
    if (!this.#stopped) {
      // Only who is not known to the system has to be listened for; listening disturbs what is connected.
      await radio.listen(this.#places.some(({ peer, reason }) => peer === null && reason === notHeard));
    }
  }

  async #connect(radio: Radio, place: Place): Promise<void> {
    const { address } = place;
    try {
      place.peer = await Peer.connect(radio, address, {
        frame: (frame) => this.#arrived(place, frame),
        bytes: (count) => {
          this.counters.bytesIn += count;
        },
        refused: (reason) => refuse(this.counters, this.#context.log, reason, { address }),
        lost: (reason) => this.#away(place, reason),
      });
    } catch (error) {
      this.#away(place, sentenceOf(error));
      await radio.check();
      return;
    }
    if (place.peer === null) {
      place.reason = notHeard;
    } else {
      place.backoff.succeeded();
      this.#context.log.info({ address }, "bluetooth device connected");
    }
    this.#count();
  }

  #arrived(place: Place, frame: Uint8Array): void {
    const { address } = place;
    if (this.#unsettled >= unsettledMax) {
      refuse(this.counters, this.#context.log, "too-many-waiting", { address });
      return;
    }
    this.counters.framesIn += 1;
    this.#unsettled += 1;
    this.#receive(frame, { address: `ble:${address}`, reply: (reply) => this.#send(place, reply) }, () => {
      this.#unsettled -= 1;
    });
  }

  #send(place: Place, frame: Uint8Array): boolean {
    const sent = place.peer?.send(frame) ?? false;
    if (sent) {
      this.counters.framesOut += 1;
      this.counters.bytesOut += frame.length;
    }
    return sent;
  }

  #away(place: Place, reason: string): void {
    place.peer = null;
    place.retryAt = performance.now() + place.backoff.next();
    if (place.reason !== reason) {
      this.#context.log.warn({ address: place.address, reason }, "bluetooth device not connected");
    }
    place.reason = reason;
    this.#count();
  }

  /** The adapter, the service or the bus is gone: all connections with it. */
  #lose(error: unknown): void {
    const reason = sentenceOf(error);
    if (reason !== this.#reason && !this.#stopped) {
      const code = error instanceof ProblemError ? error.code : undefined;
      this.#context.log.error({ code }, reason);
    }
    this.#reason = reason;
    for (const place of this.#places) {
      void place.peer?.close();
      place.peer = null;
    }
    this.#radio?.close();
    this.#radio = null;
    this.#count();
  }

  #count(): void {
    this.counters.connections = this.#places.filter(({ peer }) => peer !== null).length;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #newBackoff(): Backoff {
    const { random } = this.#context;
    return new Backoff({ first: 1000, max: retryMax, random, now: () => performance.now() });
  }
}

/** What is wrong, and what to do next. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof ProblemError)) {
    return error instanceof Error ? error.message : String(error);
  }
  const { what, why, next } = problemText(error, "en");
  return error.code === "BLE-074" ? `${what} ${why}` : `${what} ${next}`;
}

export const definition = {
  kind: "ble",
  schema,
  create(settings: BleSettings, context: LinkContext): GatewayLink {
    return new BleLink(settings, context);
  },
} as const;
