import { problem } from "../../gateway/problem.ts";
import { lastingName, listPorts } from "../../gateway/serial-port.ts";
import { checkPort } from "../port-check.ts";

/**
 * The port to use: the one that was named, or the only one there is. Rejects where it cannot be used, each reason with a code of its
 * own, and where the name may be another adapter's after the next restart.
 */
export async function findPort(asked: string | undefined, baud: number): Promise<string> {
  const port = asked ?? (await onlyPort());
  const lasting = /^\/dev\/tty(USB|ACM)\d+$/.test(port) ? await lastingName(port) : null;
  if (lasting !== null) {
    throw problem("FLS-064", { port, lasting }, { where: port });
  }
  await checkPort(port, baud);
  return port;
}

async function onlyPort(): Promise<string> {
  const ports = await listPorts();
  const [only, second] = ports;
  if (only === undefined) {
    throw problem("SER-067", { port: "/dev/serial/by-id/…" });
  }
  if (second !== undefined) {
    throw problem("FLS-078", { ports });
  }
  return only;
}
