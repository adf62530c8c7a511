/** `hasen gaps`: which messages are missing, device by device; asked of the running gateway. */
import { readGatewayConfig } from "../gateway/config.ts";
import type { GapReport } from "../gateway/health.ts";
import { problem } from "../gateway/problem.ts";
import { type Language, say } from "../gateway/words/words.ts";
import { askGateway, healthAddress } from "./ask-gateway.ts";
import type { Streams } from "./streams.ts";

export interface GapsOrder {
  readonly config: string;
  readonly json?: boolean;
  readonly lang: Language;
}

/** Prints the gaps; resolves with 0 when nothing is missing, else with 1. Rejects with the problems. */
export async function gapsCommand(order: GapsOrder, streams: Streams): Promise<number> {
  const config = await readGatewayConfig(order.config);
  if (Array.isArray(config)) {
    throw new AggregateError(config);
  }
  const report = await askGateway<GapReport>(config, "/gaps");
  if (report === null) {
    const where = healthAddress(config);
    throw problem("NET-069", { where }, { where });
  }
  const missing = report.gaps.length > 0 || Object.keys(report.rowsDropped).length > 0;
  if (order.json === true) {
    streams.stdout.write(`${JSON.stringify(report)}\n`);
  } else {
    streams.stdout.write(
      `${missing ? lines(report, order.lang).join("\n") : say(order.lang, "gaps.none")}\n`,
    );
  }
  return missing ? 1 : 0;
}

function lines({ gaps, rowsDropped }: GapReport, lang: Language): string[] {
  return [
    ...gaps.map(({ device, epoch, from, to, before }) =>
      to === null
        ? say(lang, "gaps.openEnd", { device, epoch, from, before: timeText(before, lang) })
        : say(lang, from === to ? "gaps.one" : "gaps.range", {
            device,
            epoch,
            from,
            to,
            count: to - from + 1,
          }),
    ),
    ...Object.entries(rowsDropped).map(([device, count]) => say(lang, "gaps.rows", { device, count })),
  ];
}

function timeText(seconds: number | undefined, lang: Language): string {
  return seconds === undefined ? "?" : new Date(seconds * 1000).toLocaleString(lang);
}
