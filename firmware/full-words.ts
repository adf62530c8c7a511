import { encodeUp } from "../protocols/message.ts";
import { shapeValue } from "../protocols/shape.ts";
import type { ShapeList } from "./shape-list.ts";
import { droppedReason, type Words } from "./words.ts";

/** The messages of a device that makes its shapes while it runs. */
export function fullWords(
  names: { readonly firmware: string; readonly board: string },
  shapes: ShapeList,
): Words {
  return {
    hello: (start, uptime, rowsDropped) =>
      encodeUp({
        type: "hello",
        firmware: names.firmware,
        board: names.board,
        shapes: shapes.ids(),
        bootReason: start.bootReason,
        uptime: uptime,
        previousEpoch: start.previous,
        lastPiv: start.lastPiv,
        rowsDropped: rowsDropped,
      }),
    dropped: (ranges, epoch) =>
      encodeUp({ type: "dropped", ranges: ranges, reason: droppedReason, epoch: epoch }),
    status: (status) =>
      encodeUp({
        type: "status",
        uptime: status.uptime,
        rowsDropped: status.rowsDropped,
        outbox: { frames: status.frames, bytes: status.bytes, bytesMax: status.bytesMax },
        faults: status.faultCounts,
      }),
    timeRequest: () => encodeUp({ type: "time-request" }),
    shapes: (id) =>
      shapes.list
        .filter((row) => id === null || row.id === id)
        .map((row) => encodeUp({ type: "shape", shape: shapeValue(row.shape) })),
  };
}
