import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ESPLoader, Transport } from "esptool-js";
import type { Board } from "../../boards/board.ts";
import { problem } from "../../gateway/problem.ts";
import { problemOfSystemError } from "../../gateway/system-error.ts";
import { type Language, say } from "../../gateway/words/words.ts";
import type { Streams } from "../streams.ts";
import { EspPort } from "./esp-port.ts";
import { findPort } from "./find-port.ts";
import { Progress } from "./progress.ts";

export interface BaseOrder {
  /** Files, each with the address it belongs to where that is not 0: "espruino.bin@0x10000". */
  readonly base: readonly string[];
  readonly port?: string;
  readonly lang: Language;
  readonly json?: boolean;
}

/** The loader in the chip speaks this; what follows is faster where the line bears it. */
const romBaud = 115_200;
const fastBaud = 460_800;
/** Bytes of one image: the largest flash these boards have. */
const imageMax = 16 * 1024 * 1024;

/** Brings the interpreter itself onto a chip whose loader listens on a serial port; elsewhere tells what to do by hand. */
export async function flashBase(order: BaseOrder, board: Board, streams: Streams): Promise<number> {
  if (board.flash.route !== "esp-rom") {
    throw problem("FLS-073", { title: board.title, steps: board.flash.steps[order.lang].join(" · ") });
  }
  const files = await Promise.all(order.base.map(imageOf));
  const port = await findPort(order.port, romBaud);
  const progress = new Progress(streams.stderr, order.lang);
  const bytes = files.reduce((sum, { data }) => sum + data.length, 0);
  await writeImages({ port, board, files, progress });
  const values = { chip: board.chip, bytes };
  streams.stderr.write(`${say(order.lang, "flash.baseDone", values)}\n`);
  if (order.json === true) {
    streams.stdout.write(`${JSON.stringify({ port, board: board.name, ...values })}\n`);
  }
  return 0;
}

interface EspImage {
  readonly data: Uint8Array;
  readonly address: number;
}

async function imageOf(named: string): Promise<EspImage> {
  const [, path = named, address = "0"] = /^(.*?)(?:@(0x[0-9a-f]+|\d+))?$/i.exec(named) ?? [];
  const data = await readFile(path).catch((error: unknown) => {
    throw problemOfSystemError(error, path);
  });
  if (data.length === 0 || data.length > imageMax) {
    throw problem("FLS-067", { file: path, bytes: data.length, most: imageMax }, { where: path });
  }
  return { data: new Uint8Array(data), address: Number(address) };
}

interface EspWork {
  readonly port: string;
  readonly board: Board;
  readonly files: readonly EspImage[];
  readonly progress: Progress;
}

/** Through the chip's loader, with its own check of what lies in flash (MD5). */
async function writeImages({ port, board, files, progress }: EspWork): Promise<void> {
  const device = new EspPort(port);
  const transport = new Transport(device as unknown as ConstructorParameters<typeof Transport>[0]);
  transport.trace = () => {}; // it would write to stdout
  const terminal = { clean: () => {}, write: () => {}, writeLine: () => {} };
  const loader = new ESPLoader({ transport, baudrate: fastBaud, romBaudrate: romBaud, terminal });
  try {
    await loader.detectChip();
    if (loader.chip.CHIP_NAME !== board.chip) {
      const found = loader.chip.CHIP_NAME;
      throw problem("FLS-065", { port, found, board: board.name }, { where: port });
    }
    await loader.runStub();
    await loader.changeBaud();
    await loader.writeFlash({
      fileArray: [...files],
      flashMode: "keep",
      flashFreq: "keep",
      flashSize: "keep",
      eraseAll: false,
      compress: true,
      reportProgress: (_file, written, total) => progress.show(written, total),
      calculateMD5Hash: (image) => createHash("md5").update(image).digest("hex"),
    });
    await loader.after("hard_reset");
  } catch (error) {
    throw espProblem(error, port);
  } finally {
    progress.end();
    await transport.disconnect().catch(() => {});
    await device.close();
  }
}

function espProblem(error: unknown, port: string): unknown {
  if (error instanceof Error && error.name === "ProblemError") {
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  const reason = (message.split("\n", 1)[0] ?? "").slice(0, 200);
  return problem("FLS-072", { reason }, { where: port });
}
