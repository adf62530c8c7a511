import { type Static, Type } from "@sinclair/typebox";
import { readConfig } from "./config/config-file.ts";
import { address, choice, duration, group, kinds, list, name, path, size, whole } from "./config/schema.ts";
import { links } from "./links/index.ts";
import { meterKinds } from "./meters/index.ts";
import { meterList } from "./meters/meter-kind.ts";
import type { ProblemError } from "./problem.ts";
import { sinks } from "./sinks/index.ts";

/** gateway.yaml. Types, checks, error texts and the table of the docs all follow from it; links and sinks bring their own parts. */
export const gatewaySchema = group(
  {
    version: choice([1], { about: { en: "Form of this file", de: "Form dieser Datei" } }),
    deployment: name({
      about: {
        en: "Name of the deployment; devices made under one name are heard under no other",
        de: "Name des Einsatzes; Geräte, die unter einem Namen angelegt sind, werden unter keinem anderen gehört",
      },
      example: "paderborn",
    }),
    gateway: name({
      about: {
        en: "Name of this gateway, for topics and logs",
        de: "Name dieses Gateways, für Topics und Protokolle",
      },
      default: "gateway",
    }),
    spool: group(
      {
        folder: path({
          about: {
            en: "Folder of the spool; survives restarts and power cuts",
            de: "Ordner des Puffers; überlebt Neustarts und Stromausfälle",
          },
          default: "/var/lib/dreihasen/spool",
        }),
        bytes: size({
          about: {
            en: "Most disk space it may use",
            de: "Höchster Platz, den er auf dem Datenträger belegt",
          },
          default: "512 MiB",
          least: "4 MiB",
          most: "1024 GiB",
        }),
        days: whole({
          about: {
            en: "Days after which undelivered messages are given up",
            de: "Tage, nach denen nicht zugestellte Nachrichten aufgegeben werden",
          },
          default: 30,
          minimum: 1,
          maximum: 3650,
        }),
        profile: choice(["balanced", "sd-saver", "fast"], {
          about: {
            en: "How long messages wait to be written together: balanced 20 ms, sd-saver 100 ms, fast not at all. The longer, the less the card wears, and the later devices get their acknowledgements (see card wear and delay)",
            de: "Wie lange Nachrichten warten, um zusammen geschrieben zu werden: balanced 20 ms, sd-saver 100 ms, fast gar nicht. Je länger, desto mehr wird die Karte geschont, und desto später kommt die Bestätigung",
          },
          default: "balanced",
        }),
        linger: Type.Optional(
          duration({
            about: {
              en: "The same as a figure of your own, in place of the profile's",
              de: "Dasselbe als eigene Zahl, anstelle der des Profils",
            },
            example: "50 ms",
            least: "0 ms",
            most: "10 s",
          }),
        ),
        whenFull: choice(["drop-oldest", "refuse"], {
          about: {
            en: "When the space is used up: give up the oldest messages and count them, or accept no new ones",
            de: "Wenn der Platz verbraucht ist: die ältesten Nachrichten aufgeben und zählen, oder keine neuen annehmen",
          },
          default: "drop-oldest",
        }),
      },
      { about: { en: "Where messages wait", de: "Wo Nachrichten warten" }, default: {} },
    ),
    clock: choice(["system", "trusted"], {
      about: {
        en: "Who says whether this machine's clock is right: the system (where it cannot be asked, as in most containers, nothing is given up by its age), or you, with trusted",
        de: "Wer sagt, ob die Uhr dieses Rechners stimmt: das System (wo es nicht gefragt werden kann, wie in den meisten Containern, wird nichts wegen seines Alters aufgegeben), oder mit trusted Sie selbst",
      },
      default: "system",
    }),
    devices: path({
      about: {
        en: "Folder of the list of devices, one file each; `hasen device new` writes there",
        de: "Ordner der Geräteliste, je Gerät eine Datei; `hasen device new` schreibt dorthin",
      },
      default: "/var/lib/dreihasen/devices.d",
    }),
    links: list(kinds(links, { about: { en: "One way to devices", de: "Ein Weg zu Geräten" } }), {
      about: { en: "Ways on which devices are heard", de: "Wege, auf denen Geräte gehört werden" },
      default: [],
      minItems: 1,
      maxItems: 16,
    }),
    meters: meterList(meterKinds),
    sinks: list(kinds(sinks, { about: { en: "One destination of records", de: "Ein Ziel der Messwerte" } }), {
      about: { en: "Where records go", de: "Wohin die Messwerte gehen" },
      minItems: 1,
      maxItems: 16,
      unique: "name",
    }),
    health: group(
      {
        listen: address({
          about: {
            en: "Where /healthz and /metrics answer",
            de: "Wo /healthz und /metrics antworten",
          },
          default: "127.0.0.1:9464",
        }),
      },
      { about: { en: "Health and metrics", de: "Zustand und Messgrößen" }, default: {} },
    ),
    log: group(
      {
        level: choice(["error", "warn", "info", "debug"], {
          about: { en: "How much is logged", de: "Wie viel protokolliert wird" },
          default: "info",
        }),
      },
      { about: { en: "The log", de: "Das Protokoll" }, default: {} },
    ),
    limits: group(
      {
        failures: whole({
          about: {
            en: "Forged or damaged messages from one source before it is slowed down",
            de: "Gefälschte oder beschädigte Nachrichten einer Quelle, bevor sie gebremst wird",
          },
          default: 64,
          minimum: 1,
          maximum: 100_000,
        }),
        failuresPerMinute: whole({
          about: {
            en: "Such messages that a slowed source may still send in a minute",
            de: "Solche Nachrichten, die eine gebremste Quelle je Minute noch senden darf",
          },
          default: 60,
          minimum: 1,
          maximum: 100_000,
        }),
        messagesPerMinute: whole({
          about: {
            en: "Messages that one device may send in a minute; what it sends beyond is not acknowledged, so it keeps it and sends it again",
            de: "Nachrichten, die ein Gerät je Minute senden darf; was darüber ist, wird nicht bestätigt, das Gerät behält es und sendet es wieder",
          },
          default: 60_000,
          minimum: 1,
          maximum: 100_000_000,
        }),
      },
      { about: { en: "Protection against floods", de: "Schutz vor Überflutung" }, default: {} },
    ),
  },
  { about: { en: "A gateway", de: "Ein Gateway" }, atLeastOne: [["links", "meters"]] },
);

export type GatewayConfig = Static<typeof gatewaySchema>;

const lingers: Readonly<Record<GatewayConfig["spool"]["profile"], number>> = {
  balanced: 20,
  "sd-saver": 100,
  fast: 0,
};

/** How long the first message of a commit waits for others, ms. */
export function lingerOf({ profile, linger }: GatewayConfig["spool"]): number {
  return linger ?? lingers[profile];
}

/** Reads and checks gateway.yaml; touches nothing else. */
export function readGatewayConfig(file: string): Promise<GatewayConfig | ProblemError[]> {
  return readConfig(gatewaySchema, file);
}
