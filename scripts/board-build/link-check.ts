/** Whether a board can reach its gateway as its installation says. */
import type { Board } from "../../boards/board.ts";
import type { BoardLink } from "../../firmware/board-link.ts";
import { type ProblemError, problem } from "../../gateway/problem.ts";
import type { Word } from "../../gateway/words/words.ts";
import type { EntryOrder } from "./entry-text.ts";

type Order = Pick<EntryOrder, "board" | "settings" | "wifiPassword"> & { readonly file: string };

/** `others`: boards that bundles are made for. */
export function linkProblems(order: Order, others: readonly Board[]): ProblemError[] {
  const { link, sensors } = order.settings;
  const reason = lacking(order.board, link) ?? refused(order);
  if (reason === null) {
    return [];
  }
  const can = others.filter(
    (other) =>
      lacking(other, link) === null &&
      sensors.every(({ port }) => !port.startsWith("I2C") || other.buses.i2c),
  );
  const boards = can.map(({ name }) => name).join(", ");
  const where = { where: `${order.file}: link` };
  return [problem("BLD-072", { board: order.board.title, link: link.kind, reason, boards }, where)];
}

/** What a board lacks for a link. */
function lacking(board: Board, { kind }: BoardLink): Word | null {
  switch (kind) {
    case "ble":
      return board.buses.ble ? null : { word: "build.noBle" };
    case "mqtt":
      return board.wifi === true ? null : { word: "build.noWifi" };
    case "serial":
      return board.buses.uart ? null : { word: "build.noUart" };
  }
}

/** What no board could do as it is written. */
function refused({ settings, wifiPassword }: Order): Word | null {
  const { link, sensors } = settings;
  if (link.kind === "serial" && sensors.some(({ port }) => port === link.port)) {
    return { word: "build.portTwice", parameters: { port: link.port } };
  }
  if (link.kind === "mqtt" && !link.url.startsWith("mqtt://")) {
    return { word: "build.noTls" };
  }
  // WPA2 passphrases, IEEE 802.11i annex H.4.
  const length = wifiPassword === undefined ? 8 : Buffer.byteLength(wifiPassword);
  return length < 8 || length > 63 ? { word: "build.wifiPassword", parameters: { length } } : null;
}
