/** The text of an outbox that spills to flash. */
import { createHash } from "node:crypto";
import type { Board } from "../../boards/board.ts";
import { byteText } from "../../protocols/byte-text.ts";
import type { EntryOrder } from "./entry-text.ts";
import { byteLiteral } from "./literals.ts";

export interface SpillText {
  readonly imports: string;
  /** Statements before it. */
  readonly make: string;
  /** Expressions: what the sensors share, and who gets to know the device. */
  readonly core: string;
  readonly share: string;
}

/** Years that the flash of a device should last. */
const years = 10;
const file = "spill";

/** `secret`: a text of this device's key alone. Its hash says whose the frames on a page are. */
export function spillText({ board, settings, installation }: EntryOrder, secret: string): SpillText {
  const { spill } = settings.outbox;
  const at = board.spill;
  if (spill === undefined || at === undefined) {
    return { imports: "", make: "", core: "boardCore(order, platform)", share: "shareDevice" };
  }
  const area = `{ start: ${at.start}, length: ${at.length}, pageBytes: ${at.page}, bytes: ${spill.bytes} }`;
  const pages = at.area === "free" ? `freePages(${area})` : `storagePages("${file}", ${area}, flash)`;
  const hash = createHash("sha256").update(`spill${secret}`, "latin1").digest();
  const owner = byteText(hash.subarray(0, 4));
  const { bytesMax, framesMax } = installation.outbox;
  return {
    imports: `import { ${at.area}Pages } from "./boards/platforms/espruino-pages.ts";
import { boardCoreWith, boardOutbox } from "./firmware/board.ts";
import { createSpill } from "./firmware/spill.ts";
import { spillOutbox } from "./firmware/spill-outbox.ts";`,
    make: `const spill = createSpill(${pages}, ${byteLiteral(owner)}, {
  perDay: ${spill.wear ?? wearOf(at.endurance)},
  endurance: ${at.endurance},
});
const kept = { bytesMax: ${bytesMax}, framesMax: ${framesMax}, after: ${spill.after} };
const outbox = spillOutbox(boardOutbox(order, platform), spill, kept);`,
    core: "boardCoreWith(order, platform, outbox)",
    share: `(device) =>
    shareDevice({
      identify: device.identify,
      status: () => device.status().concat([spill.status(clock.monotonic())]),
    })`,
  };
}

/** Bytes of frames that flash has room for, 0 where none is asked for. */
export function spillBytes({ settings }: Pick<EntryOrder, "settings">): number {
  return settings.outbox.spill?.bytes ?? 0;
}

/** Bytes of a board's storage that its file takes. */
export function spillStorage(order: Pick<EntryOrder, "settings">, { spill }: Board): number {
  const bytes = spillBytes(order);
  return bytes === 0 || spill?.area !== "storage" ? 0 : bytes + spill.page + fileHead;
}

const fileHead = 32;

/** Erasures of a page in a day with which it lasts that long. */
function wearOf(endurance: number): number {
  return Math.floor(endurance / (years * 365.25));
}
