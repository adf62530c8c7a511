/** MQTT links: the gateway's own broker, or a client at somebody's broker when `url` names one. */
import { type Static, Type } from "@sinclair/typebox";
import { brokerKeys, brokerNeeds } from "../broker.ts";
import { address, brokerUrl, duration, group, path, text, whole } from "../config/schema.ts";
import type { GatewayLink, LinkContext } from "../link.ts";
import { EmbeddedBroker } from "./embedded-broker.ts";
import { ExternalBroker } from "./external-broker.ts";

const schema = group(
  {
    listen: address({
      about: {
        en: "Where the gateway's own broker listens; 0.0.0.0 opens it to the network",
        de: "Wo der eigene Broker des Gateways lauscht; 0.0.0.0 öffnet ihn zum Netz",
      },
      default: "127.0.0.1:1883",
    }),
    connectionsMax: whole({
      about: {
        en: "Most connections at our own broker",
        de: "Höchstzahl der Verbindungen am eigenen Broker",
      },
      default: 500,
      minimum: 1,
      maximum: 10_000,
    }),
    greetingMax: duration({
      about: {
        en: "Longest time a new connection may take to authenticate",
        de: "Längste Zeit, die eine neue Verbindung zum Anmelden hat",
      },
      default: "10 s",
      least: "100 ms",
      most: "2 min",
    }),
    keepAliveMax: duration({
      about: {
        en: "Longest keep-alive of a device; one that asks for more, or for none, gets this",
        de: "Längstes Keep-alive eines Geräts; verlangt es mehr oder keines, gilt dieses",
      },
      default: "15 min",
      least: "1 s",
      most: "18 h",
    }),
    serverCertificateFile: Type.Optional(
      path({
        about: {
          en: "Certificate of our own broker (PEM): it then speaks TLS only",
          de: "Zertifikat des eigenen Brokers (PEM): er spricht dann nur TLS",
        },
        example: "/etc/dreihasen/broker.pem",
      }),
    ),
    serverKeyFile: Type.Optional(
      path({
        about: { en: "Private key of that certificate (PEM)", de: "Privater Schlüssel dazu (PEM)" },
        example: "/etc/dreihasen/broker-key.pem",
      }),
    ),
    url: Type.Optional(
      brokerUrl({
        about: {
          en: "Use this broker instead of our own; its access list must keep each device to its own topics",
          de: "Diesen Broker statt des eigenen nutzen; seine Zugriffsliste muss jedes Gerät auf seine Topics beschränken",
        },
        example: "mqtts://broker.city.example:8883",
      }),
    ),
    clientId: Type.Optional(
      text({
        about: {
          en: "Client id at that broker; without it `dreihasen-<gateway>`",
          de: "Client-Id an jenem Broker; ohne Angabe `dreihasen-<Gateway>`",
        },
        maxLength: 100,
      }),
    ),
    sessionExpiry: duration({
      about: {
        en: "How long that broker keeps our session and the devices' messages while we are away",
        de: "Wie lange jener Broker unsere Sitzung und die Nachrichten der Geräte für uns aufhebt",
      },
      default: "7 d",
      least: "1 min",
      most: "365 d",
    }),
    ...brokerKeys,
  },
  {
    about: { en: "Devices over MQTT", de: "Geräte über MQTT" },
    needs: {
      ...brokerNeeds,
      username: "url",
      caFile: "url",
      clientId: "url",
      serverCertificateFile: "serverKeyFile",
      serverKeyFile: "serverCertificateFile",
    },
  },
);

export type MqttSettings = Static<typeof schema>;

export const definition = {
  kind: "mqtt",
  schema,
  create(settings: MqttSettings, context: LinkContext): GatewayLink {
    const { url } = settings;
    return url === undefined
      ? new EmbeddedBroker(settings, context)
      : new ExternalBroker({ ...settings, url }, context);
  },
} as const;
