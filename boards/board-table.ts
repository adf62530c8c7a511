import { type Board, classOf } from "./board.ts";

/** The boards as a table for README.md. */
export function boardTable(boards: readonly Board[]): string {
  const head = [
    "| board | chip, MHz | RAM | variables | storage | buses | native SHA-256, AES, CCM | JIT | class | base firmware |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  return head.concat(boards.map((board) => `| ${cells(board).join(" | ")} |`)).join("\n");
}

function cells(board: Board): string[] {
  const { sha256, aes, ccm } = board.crypto;
  return [
    `\`${board.name}\``,
    `${board.chip}, ${board.clock}`,
    size(board.memory),
    board.variables === 0 ? "-" : `${board.variables} of ${board.variableBytes} B`,
    board.storage === 0 ? "-" : size(board.storage),
    Object.entries(board.buses)
      .filter(([, there]) => there)
      .map(([bus]) => bus)
      .join(", "),
    board.runs === "firmata"
      ? "its host's"
      : `${yes(sha256 === "native")}, ${yes(aes === "native")}, ${yes(ccm)}`,
    yes(board.jit),
    classOf(board),
    board.flash.route,
  ];
}

function yes(it: boolean): string {
  return it ? "yes" : "no";
}

const steps: readonly (readonly [number, string])[] = [
  [1024 * 1024 * 1024, "GiB"],
  [1024 * 1024, "MiB"],
  [1024, "KiB"],
];

function size(bytes: number): string {
  const [step, unit] = steps.find(([least]) => bytes >= least) ?? [1, "B"];
  return `${bytes / step} ${unit}`;
}
