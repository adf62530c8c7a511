/** Asks the gateway that runs with a config for a page of its health address. */
import type { GatewayConfig } from "../gateway/config.ts";

const answerMax = 5000; // ms

/** Host and port where it answers, as people write them. */
export function healthAddress({ health }: GatewayConfig): string {
  const { host, port } = health.listen;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Its answer; null where nobody answers, or not with that page. */
export async function askGateway<Answer>(config: GatewayConfig, page: string): Promise<Answer | null> {
  try {
    const answer = await fetch(`http://${healthAddress(config)}${page}`, {
      signal: AbortSignal.timeout(answerMax),
    });
    // It is our own gateway's answer, on an address that our own config names.
    return answer.ok ? ((await answer.json()) as Answer) : null;
  } catch {
    return null;
  }
}
