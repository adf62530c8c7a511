/** `hasen gaps`: which messages are missing, device by device; asked of the running gateway. */
import { readGatewayConfig } from "../gateway/config.ts";
import type { GapReport } from "../gateway/health.ts";
import { problem } from "../gateway/problem.ts";
import { type Language, say } from "../gateway/words/words.ts";
import type { Streams } from "./streams.ts";

export interface GapsOrder {
  readonly config: string;
  readonly json?: boolean;
  readonly lang: Language;
}

const answerMax = 5000; // ms

/** Prints the gaps; resolves with 0 when nothing is missing, else with 1. Rejects with the problems. */
export async function gapsCommand(order: GapsOrder, streams: Streams): Promise<number> {
  const config = await readGatewayConfig(order.config);
  if (Array.isArray(config)) {
    throw new AggregateError(config);
  }
  const { host, port } = config.health.listen;
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const report = await ask(`http://${address}/gaps`, address);
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

async function ask(url: string, address: string): Promise<GapReport> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerMax) });
    if (answer.ok) {
      // It is our own gateway's answer, on an address that our own config names.
      return (await answer.json()) as GapReport;
    }
  } catch {
    // Told below: whatever the reason, nobody answers there.
  }
  throw problem("NET-069", { where: address }, { where: address });
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
