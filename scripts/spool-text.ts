/** What `hasen spool` says to people. */

import { shortName } from "../gateway/config/forms.ts";
import { faultText } from "../gateway/problem.ts";
import type { RingName } from "../gateway/rings.ts";
import type { LookReport } from "../gateway/spool/look.ts";
import type { SpoolMessage } from "../gateway/spool-messages.ts";
import type { SpoolStatus } from "../gateway/spool-status.ts";
import { type Language, say, type WordKey } from "../gateway/words/words.ts";

export function statusLines(
  { folder, rings, sinks, drops }: SpoolStatus,
  from: { readonly running: boolean; readonly writer: number | null; readonly where: string },
  lang: Language,
): string[] {
  const source = from.running ? "spool.running" : from.writer === null ? "spool.idle" : "spool.silent";
  const lines = [say(lang, source, { folder, pid: from.writer ?? "", where: from.where })];
  for (const { ring, bytes, bytesMax, segments, quarantined, entries, oldest } of rings) {
    const words = {
      bytes: sizeText(bytes, lang),
      most: sizeText(bytesMax, lang),
      segments: numberText(segments, lang),
      entries: numberText(entries, lang),
      oldest: oldest === null ? "" : timeText(oldest, lang),
    };
    lines.push(say(lang, oldest === null ? `spool.empty.${ring}` : `spool.ring.${ring}`, words));
    if (quarantined > 0) {
      lines.push(say(lang, "spool.setAside", { count: quarantined, folder }));
    }
  }
  for (const name of new Set(sinks.map(({ sink }) => sink))) {
    const own = sinks.filter(({ sink, entries }) => sink === name && entries > 0);
    lines.push(...(own.length === 0 ? [say(lang, "spool.even", { sink: name })] : []));
    for (const { sink, ring, entries, records, exact, bytes, age } of own) {
      const words = {
        sink,
        entries: numberText(entries, lang),
        records: numberText(records, lang),
        bytes: sizeText(bytes, lang),
        age: ageText(age, lang),
      };
      lines.push(say(lang, behindWords[ring][exact ? 0 : 1], words));
    }
  }
  for (const { sink, missed } of sinks) {
    if (missed > 0) {
      lines.push(say(lang, "spool.missed", { sink, count: numberText(missed, lang) }));
    }
  }
  for (const { sink, reason, records } of drops ?? []) {
    const why = reason === "age" ? "spool.reason.age" : "spool.reason.full";
    lines.push(
      say(lang, "spool.dropped", { sink, records: numberText(records, lang), reason: { word: why } }),
    );
  }
  const wear = rings.flatMap((ring) => (ring.wear === null ? [] : [ring.wear]));
  const payload = wear.reduce((sum, { payloadBytes }) => sum + payloadBytes, 0);
  if (payload > 0) {
    const written = wear.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
    const commits = wear.reduce((sum, one) => sum + one.commits, 0);
    lines.push(
      say(lang, "spool.wear", {
        written: sizeText(written, lang),
        payload: sizeText(payload, lang),
        perByte: numberText(written / payload, lang),
        commits: numberText(commits, lang),
      }),
    );
  }
  return lines;
}

const behindWords = {
  telemetry: ["spool.behind", "spool.behindAbout"],
  kept: ["spool.behindKept", "spool.behindKept"],
} as const satisfies Record<RingName, readonly WordKey[]>;

export function damageLines(
  report: LookReport & { readonly ring: RingName; readonly folder: string },
  lang: Language,
): string[] {
  const { folder, damaged, entries, quarantined, cut, recycled } = report;
  const count = numberText(entries, lang);
  return [
    ...damaged.map(({ file, what, from, to }) =>
      say(lang, `spool.damage.${what}`, { file, from: from ?? "?", to: (to ?? 1) - 1 }),
    ),
    ...(cut ? [say(lang, "spool.cut", { folder })] : []),
    ...(recycled > 0 ? [say(lang, "spool.recycled", { count: recycled })] : []),
    ...(quarantined > 0 ? [say(lang, "spool.setAside", { count: quarantined, folder })] : []),
    damaged.length === 0
      ? say(lang, "spool.holds", { folder, entries: count })
      : say(lang, "spool.damaged", { folder, entries: count, count: damaged.length }),
  ];
}

/** One message on one line. */
export function messageLine(message: SpoolMessage, lang: Language): string {
  const { received, device, epoch, piv, type, records, gaps, fault } = message;
  const words = {
    time: timeText(received, lang),
    device: shortName(device),
    message: `${epoch ?? "?"}/${piv ?? "?"}`,
    type,
  };
  const [gap] = gaps;
  if (type === "gap" && gap !== undefined) {
    const { from, to, state, reason } = gap;
    const range = `${gap.epoch}/${from}-${to ?? "?"}`;
    return printable(say(lang, "spool.line.gap", { ...words, range, state, reason }));
  }
  if (type === "unusable" || fault !== null) {
    const why = fault === null ? "" : faultText(fault.fault, lang).means;
    return printable(say(lang, "spool.line.unusable", { ...words, why }));
  }
  if (type === "pack") {
    const rows = new Set(records.map(({ dh }) => dh));
    const last = records.filter(({ dh }) => dh === records.at(-1)?.dh);
    const values = last.map(({ n, v, u }) => `${n.slice(n.lastIndexOf(":") + 1)} ${v} ${u}`).join(", ");
    const key = records.length === 0 ? "spool.line.waiting" : "spool.line.pack";
    return printable(say(lang, key, { ...words, rows: rows.size, values }));
  }
  return printable(say(lang, "spool.line.other", words));
}

/** Text from wires must not command the terminal, nor begin a line. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, " ");
}

function numberText(value: number, lang: Language): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 2 }).format(value);
}

function sizeText(bytes: number, lang: Language): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(value)} ${units[unit]}`;
}

function timeText(milliseconds: number, lang: Language): string {
  return new Date(milliseconds).toLocaleString(lang);
}

function ageText(seconds: number, lang: Language): string {
  const [unit, length] = ageUnits.find(([, least]) => seconds >= 2 * least) ?? ["s", 1];
  return `${numberText(Math.floor(seconds / length), lang)} ${unit}`;
}

const ageUnits = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
] as const;
