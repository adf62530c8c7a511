/** Topics made from a template such as "{prefix}/senml/{device}". */
import { shortName } from "../config/forms.ts";
import type { CityRecord } from "../sink.ts";

export interface TopicParts {
  readonly prefix: string;
  readonly gateway: string;
}

const placeholder = /\{([a-z]+)\}/g;
const known = ["prefix", "gateway", "device", "channel"];
const topicMax = 65535; // bytes, MQTT 5 §1.5.4

/** Whether a template makes topics to publish on: known placeholders, no wildcards, no empty level (MQTT 5 §4.7). */
export function isTemplate(template: string): boolean {
  const names = [...template.matchAll(placeholder)].map((match) => match[1]!);
  const rest = template.replace(placeholder, "");
  return (
    names.every((name) => known.includes(name)) &&
    !/[#+{}]|\p{Cc}/u.test(rest) &&
    !/^[$/]|\/$|\/\//.test(template) &&
    template !== ""
  );
}

/** The topic of a record. What would be a wildcard or a level of its own in a name becomes "_". */
export function topicOf(template: string, parts: TopicParts, record: CityRecord): string {
  const values: Readonly<Record<string, string>> = {
    prefix: parts.prefix,
    gateway: level(parts.gateway),
    device: level(shortName(record.device)),
    channel: level(record.n.slice(record.device.length + 1)),
  };
  return template.replace(placeholder, (_all, name: string) => values[name] ?? "_").slice(0, topicMax);
}

function level(name: string): string {
  return name === "" ? "_" : name.replace(/[#+/]|\p{Cc}/gu, "_");
}
