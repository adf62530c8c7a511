/** The city's MQTT broker: SenML packs at QoS 1, delivered when the broker has said so. */
import { type Static, Type } from "@sinclair/typebox";
import { brokerKeys, brokerNeeds } from "../broker.ts";
import { brokerUrl, choice, duration, group, name, size, text, whole } from "../schema.ts";

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
      default: 500,
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
        en: "Longest wait for the broker's confirmation of a message",
        de: "Längste Wartezeit auf die Bestätigung einer Nachricht",
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

export const definition = { kind: "mqtt", schema } as const;
