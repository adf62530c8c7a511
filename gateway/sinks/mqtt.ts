/** The city's MQTT broker: SenML packs at QoS 1, delivered when the broker has said so. */
import { type Static, Type } from "@sinclair/typebox";
import { isFault } from "../../protocols/fault.ts";
import { brokerKeys, brokerNeeds } from "../broker.ts";
import { brokerUrl, choice, duration, group, name, size, text, whole } from "../config/schema.ts";
import { problem } from "../problem.ts";
import type {
  CityRecord,
  Delivery,
  Gap,
  Sink,
  SinkBatch,
  SinkContext,
  SinkFault,
  SinkState,
} from "../sink.ts";
import { MqttPublisher, type OutgoingMessage } from "./mqtt-publisher.ts";
import { contentType, encodePack } from "./senml-pack.ts";
import { isTemplate, type TopicParts, topicOf } from "./topic.ts";

const schema = group(
  {
    name: name({
      about: {
        en: "Name of this sink; its place in the spool is kept under it",
        de: "Name dieses Ziels; unter ihm wird sein Stand im Speicher geführt",
      },
      default: "city",
    }),
    url: brokerUrl({
      about: { en: "The broker", de: "Der Broker" },
      example: "mqtts://broker.city.example:8883",
    }),
    ...brokerKeys,
    clientId: Type.Optional(
      text({
        about: {
          en: "Client id; without it `dreihasen-<gateway>-<name>`",
          de: "Client-Id; ohne Angabe `dreihasen-<Gateway>-<name>`",
        },
        maxLength: 100,
      }),
    ),
    prefix: text({
      about: {
        en: "First part of every topic; gaps go to `<prefix>/gap`",
        de: "Anfang jedes Topics; Lücken gehen an `<prefix>/gap`",
      },
      default: "dreihasen/city",
      maxLength: 200,
    }),
    topic: text({
      about: {
        en: "Topic of records; {prefix}, {gateway}, {device} and {channel} are filled in",
        de: "Topic der Messwerte; {prefix}, {gateway}, {device} und {channel} werden ersetzt",
      },
      default: "{prefix}/senml/{device}",
      maxLength: 200,
    }),
    format: choice(["json", "cbor"], {
      about: { en: "SenML as JSON or as CBOR", de: "SenML als JSON oder CBOR" },
      default: "json",
    }),
    batch: whole({
      about: {
        en: "Most records in one delivery",
        de: "Höchstzahl der Messwerte in einer Lieferung",
      },
      default: 2000,
      minimum: 1,
      maximum: 10_000,
    }),
    window: whole({
      about: {
        en: "Most deliveries under way at once",
        de: "Höchstzahl gleichzeitig laufender Lieferungen",
      },
      default: 4,
      minimum: 1,
      maximum: 64,
    }),
    inflight: whole({
      about: {
        en: "Most MQTT messages without confirmation at once; the broker may allow fewer",
        de: "Höchstzahl unbestätigter MQTT-Nachrichten; der Broker kann weniger erlauben",
      },
      default: 100,
      minimum: 1,
      maximum: 1000,
    }),
    messageMax: size({
      about: { en: "Longest MQTT payload", de: "Größte MQTT-Nachricht" },
      default: "64 KiB",
      least: "1 KiB",
      most: "16 MiB",
    }),
    confirmTimeout: duration({
      about: {
        en: "Longest wait for the broker's confirmation of a message, once those before it are confirmed",
        de: "Längste Wartezeit auf die Bestätigung einer Nachricht, wenn die vor ihr bestätigt sind",
      },
      default: "20 s",
      least: "100 ms",
      most: "10 min",
    }),
  },
  {
    about: { en: "The city's MQTT broker", de: "Der MQTT-Broker der Stadt" },
    needs: brokerNeeds,
  },
);

export type MqttSinkSettings = Static<typeof schema>;

/**
 * Bytes of a PUBLISH packet beside topic and payload, at most (MQTT 5 §3.3): header 5, two lengths 4, number 2, payload format 2, content
 * type 3 + 22, the gateway's name 12 + 64.
 */
const overheadMax = 128;

/** What a broker must take at least. A limit below it is a mistake there, for which no reading may be given up. */
const packetLeast = 512;

/** Records of one message, at most: about 40 kB, so that few are written only to be found longer than `messageMax`. */
const packRecordsMax = 500;

export class MqttSink implements Sink {
  readonly name: string;
  readonly recordsMax: number;
  readonly window: number;
  private readonly settings: MqttSinkSettings;
  private readonly parts: TopicParts;
  private readonly publisher: MqttPublisher;

  constructor(settings: MqttSinkSettings, context: SinkContext) {
    this.settings = settings;
    this.name = settings.name;
    this.recordsMax = settings.batch;
    this.window = settings.window;
    this.parts = { prefix: settings.prefix, gateway: context.gateway };
    this.publisher = new MqttPublisher({
      settings,
      clientId: settings.clientId ?? `dreihasen-${context.gateway}-${settings.name}`,
      log: context.log,
      random: context.random,
      inflight: settings.inflight,
      confirmTimeout: settings.confirmTimeout,
    });
  }

  /** Connects in the background. */
  async start(): Promise<void> {
    this.publisher.start();
  }

  stop(): Promise<void> {
    return this.publisher.stop();
  }

  whenReachable(call: () => void): void {
    this.publisher.whenUp(call);
  }

  state(): SinkState {
    const narrow = this.publisher.state().connected ? this.tooNarrow() : null;
    return narrow === null ? this.publisher.state() : { connected: false, trouble: narrow.detail };
  }

  private tooNarrow(): SinkFault | null {
    const { packetMax } = this.publisher;
    if (packetMax === null || packetMax >= packetLeast) {
      return null;
    }
    const detail = `${this.settings.url}: the broker takes packets of ${packetMax} bytes at most, which is less than a reading needs: raise its maximum packet size to ${packetLeast} bytes or more`;
    return { fault: "too-long", detail, transient: true };
  }

  /** Holds no record once its message is written: many batches may wait for their answers. */
  send(batch: SinkBatch): Promise<Delivery> {
    if (this.publisher.connected) {
      return this.deliver(batch);
    }
    return this.publisher.ready().then((away) => away ?? this.deliver(batch));
  }

  private deliver(batch: SinkBatch): Promise<Delivery> {
    // Only with a connection is it known how long a message may be.
    const away = this.tooNarrow();
    return away === null ? this.outcome(this.messagesOf(batch)) : Promise.resolve(away);
  }

  private messagesOf({ records, gaps }: SinkBatch): (OutgoingMessage | SinkFault)[] {
    return [...this.recordMessages(records), ...gaps.map((gap) => this.gapMessage(gap))];
  }

  /** A transient failure of any message wins, so that nothing is given up before everything has had its chance. */
  private async outcome(messages: readonly (OutgoingMessage | SinkFault)[]): Promise<Delivery> {
    const outcomes = await Promise.all(
      messages.map((message) => (isFault(message) ? message : this.publisher.publish(message))),
    );
    const faults = outcomes.filter((outcome): outcome is SinkFault => isFault(outcome));
    return faults.find((each) => each.transient) ?? faults[0] ?? { delivered: true };
  }

  /** Records of one device and topic travel together. */
  private recordMessages(records: readonly CityRecord[]): (OutgoingMessage | SinkFault)[] {
    const groups = new Map<string, CityRecord[]>();
    const { topic } = this.settings;
    const byChannel = topic.includes("{channel}");
    // Those of one message follow each other.
    let last = "";
    let together: CityRecord[] = [];
    for (const record of records) {
      const key = byChannel ? record.n : record.device;
      if (key !== last) {
        last = key;
        together = groups.get(key) ?? [];
        groups.set(key, together);
      }
      together.push(record);
    }
    return [...groups.values()].flatMap((group) => this.packs(topicOf(topic, this.parts, group[0]!), group));
  }

  /** Halves what is too long, down to single records. */
  private packs(topic: string, records: readonly CityRecord[]): (OutgoingMessage | SinkFault)[] {
    if (records.length > packRecordsMax) {
      return this.halves(topic, records);
    }
    const payload = encodePack(records, this.settings.format);
    if (payload.length <= this.payloadMax(topic)) {
      return [this.message(topic, payload, contentType[this.settings.format])];
    }
    if (records.length === 1) {
      const detail = `a record of ${payload.length} bytes is longer than the broker takes`;
      return [{ fault: "too-long", detail, transient: false }];
    }
    return this.halves(topic, records);
  }

  private halves(topic: string, records: readonly CityRecord[]): (OutgoingMessage | SinkFault)[] {
    const half = records.length >> 1;
    return [...this.packs(topic, records.slice(0, half)), ...this.packs(topic, records.slice(half))];
  }

  private payloadMax(topic: string): number {
    const packet =
      (this.publisher.packetMax ?? Number.POSITIVE_INFINITY) - overheadMax - Buffer.byteLength(topic);
    return Math.min(this.settings.messageMax, packet);
  }

  private gapMessage(gap: Gap): OutgoingMessage {
    return this.message(`${this.settings.prefix}/gap`, Buffer.from(JSON.stringify(gap)), "application/json");
  }

  private message(topic: string, payload: Buffer, type: string): OutgoingMessage {
    if (this.settings.protocol === 4) {
      return { topic, payload, options: {} };
    }
    const properties = {
      contentType: type,
      payloadFormatIndicator: type.endsWith("json"),
      userProperties: { gateway: this.parts.gateway },
    };
    return { topic, payload, options: { properties } };
  }
}

function topicProblem(key: "prefix" | "topic", value: string) {
  return problem("CFG-008", {
    key,
    value,
    expected: {
      en: "a topic without #, + and empty parts, in which only {prefix}, {gateway}, {device} and {channel} are filled in",
      de: "ein Topic ohne #, + und leere Teile, in dem nur {prefix}, {gateway}, {device} und {channel} ersetzt werden",
    },
    about: schema.properties[key].about,
    example: `${key}: ${schema.properties[key].default}`,
  });
}

export const definition = {
  kind: "mqtt",
  schema,
  create(settings: MqttSinkSettings, context: SinkContext): Sink {
    for (const key of ["prefix", "topic"] as const) {
      if (!isTemplate(settings[key]) || (key === "prefix" && settings.prefix.includes("{"))) {
        throw topicProblem(key, settings[key]);
      }
    }
    return new MqttSink(settings, context);
  },
} as const;
