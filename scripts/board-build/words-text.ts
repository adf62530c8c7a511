/** The text of what a board says: its messages with everything in them that is known when it is built. */

import { droppedReason } from "../../firmware/words.ts";
import { fromHex } from "../../protocols/bytes.ts";
import { byteText, head, textItem } from "../../protocols/cbor-small.ts";
import { encodeUp } from "../../protocols/message.ts";
import { type Shape, shapeValue } from "../../protocols/shape.ts";
import { byteLiteral } from "./literals.ts";

export interface WordsOrder {
  readonly firmware: string;
  readonly board: string;
  readonly bytesMax: number;
  readonly shapes: readonly { readonly id: string; readonly shape: Shape }[];
}

/** The hello, but for the numbers of the run. Keys in the order of deterministic CBOR (RFC 8949 §4.2.1): by length, then by letters. */
export function helloText(order: WordsOrder, rowsDropped: Piece, lastPiv: Piece): string {
  const ids = order.shapes.map(({ id }) => head(2, 4) + byteText(fromHex(id) as Uint8Array)).join("");
  const shapes = head(4, order.shapes.length) + ids;
  return joined([
    head(4, 2) + head(0, 0) + head(5, 8) + textItem("board") + textItem(order.board),
    textItem("shapes") + shapes + textItem("uptime"),
    { code: "head(0, uptime)" },
    textItem("lastPiv"),
    lastPiv,
    textItem("firmware") + textItem(order.firmware) + textItem("bootReason"),
    { code: "textItem(start.bootReason)" },
    textItem("rowsDropped"),
    rowsDropped,
    textItem("previousEpoch"),
    { code: "numberItem(start.previous)" },
  ]);
}

/** The status; `of` says how its numbers are called. */
export function statusText(order: WordsOrder, of: (name: string) => string, rowsDropped: Piece): string {
  return joined([
    head(4, 2) + head(0, 3) + head(5, 4) + textItem("faults"),
    { code: `head(5, ${of("faultCounts")}.length)` },
    { code: 'faults.join("")' },
    textItem("outbox") + head(5, 3) + textItem("bytes"),
    { code: `head(0, ${of("bytes")})` },
    textItem("frames"),
    { code: `head(0, ${of("frames")})` },
    textItem("bytesMax") + head(0, order.bytesMax) + textItem("uptime"),
    { code: `head(0, ${of("uptime")})` },
    textItem("rowsDropped"),
    rowsDropped,
  ]);
}

/** A constant `words` of the type Words (firmware/words.ts). Needs `head`, `textItem`, `numberItem` and `bytesOf`. */
export function wordsText(order: WordsOrder): string {
  const hello = helloText(order, { code: "head(0, rowsDropped)" }, { code: "numberItem(start.lastPiv)" });
  const status = statusText(order, (name) => `status.${name}`, { code: "head(0, status.rowsDropped)" });
  return `const words: Words = {
  hello: (start, uptime, rowsDropped) => bytesOf(${hello}),
  dropped(ranges, epoch) {
    const ends = ranges.map((range) => head(0, range[0]) + head(0, range[1]));
    return bytesOf(
      (epoch === null ? ${byteLiteral(head(4, 3) + head(0, 2))} : ${byteLiteral(head(4, 4) + head(0, 2))}) +
        head(4, 2 * ranges.length) + ends.join("") + ${byteLiteral(textItem(droppedReason))} +
        (epoch === null ? "" : head(0, epoch)),
    );
  },
  status(status) {
    // A text's head comes before its letters, so these are in the order of deterministic CBOR.
    const faults = status.faultCounts.map((row) => textItem(row[0]) + head(0, row[1])).sort();
    return bytesOf(${status});
  },
  timeRequest: () => bytesOf(${byteLiteral(byteText(encodeUp({ type: "time-request" })))}),
  shapes: (id) => [${order.shapes.map(shapeText).join(", ")}].filter((shape) => shape.length > 0),
};`;
}

function shapeText({ id, shape }: WordsOrder["shapes"][number]): string {
  const message = byteText(encodeUp({ type: "shape", shape: shapeValue(shape) }));
  return `bytesOf(id === null || id === "${id}" ? ${byteLiteral(message)} : "")`;
}

export type Piece = string | { readonly code: string };

/** Pieces as one expression: neighbouring literals as one. */
function joined(pieces: readonly Piece[]): string {
  const texts: string[] = [];
  let literal = "";
  for (const piece of pieces) {
    if (typeof piece === "string") {
      literal += piece;
    } else {
      texts.push(...(literal === "" ? [] : [byteLiteral(literal)]), piece.code);
      literal = "";
    }
  }
  return texts.concat(literal === "" ? [] : byteLiteral(literal)).join(" + ");
}
