/** A file that grows by one JSON line per record: for a look, a hand-over on a stick, or another program. */
import { type FileHandle, mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Static } from "@sinclair/typebox";
import { group, name, path, size, whole } from "../config/schema.ts";
import { syncFolder } from "../durable-file.ts";
import type { Log } from "../log.ts";
import { problem, problemLine } from "../problem.ts";
import type { Delivery, Sink, SinkBatch, SinkContext, SinkFault, SinkState } from "../sink.ts";
import { problemOfSystemError } from "../system-error.ts";
import { packJson } from "./senml-pack.ts";

const schema = group(
  {
    name: name({
      about: {
        en: "Name of this sink; its place in the spool is kept under it",
        de: "Name dieses Ziels; unter ihm wird sein Stand im Speicher geführt",
      },
      default: "file",
    }),
    path: path({
      about: {
        en: "The file; full ones are kept beside it as .1, .2, ...",
        de: "Die Datei; volle Dateien liegen daneben als .1, .2, ...",
      },
      example: "/var/lib/dreihasen/records.ndjson",
    }),
    fileMax: size({
      about: { en: "Size at which a new file is begun", de: "Größe, bei der eine neue Datei beginnt" },
      default: "64 MiB",
      least: "4 KiB",
      most: "16 GiB",
    }),
    files: whole({
      about: { en: "Most files, the current one included", de: "Höchstzahl der Dateien samt der laufenden" },
      default: 8,
      minimum: 1,
      maximum: 1000,
    }),
  },
  { about: { en: "A file of JSON lines", de: "Eine Datei mit JSON-Zeilen" } },
);

export type FileSinkSettings = Static<typeof schema>;

const tailMax = 1024 * 1024; // bytes looked through for the end of the last whole line

/** Delivered means on disk: the file is synced before `send` says so, and its folder when a file is begun or put aside. */
export class FileSink implements Sink {
  readonly name: string;
  readonly recordsMax = 1000;
  readonly window = 1;
  private readonly settings: FileSinkSettings;
  private readonly log: Log;
  private file: FileHandle | null = null;
  private size = 0;
  private trouble: string | null = null;
  private busy: Promise<unknown> = Promise.resolve();

  constructor(settings: FileSinkSettings, context: Pick<SinkContext, "log">) {
    this.settings = settings;
    this.log = context.log;
    this.name = settings.name;
  }

  async start(): Promise<void> {
    await this.send({ records: [], gaps: [] });
  }

  /** One after the other; a second call waits for the first. */
  send(batch: SinkBatch): Promise<Delivery> {
    const result = this.busy.then(() => this.write(batch));
    this.busy = result;
    return result;
  }

  state(): SinkState {
    return { connected: this.trouble === null, trouble: this.trouble };
  }

  async stop(): Promise<void> {
    await this.busy;
    await this.close();
  }

  private async write(batch: SinkBatch): Promise<Delivery> {
    try {
      const bytes = Buffer.from(recordLines(batch));
      let file = await this.opened();
      if (this.size > 0 && this.size + bytes.length > this.settings.fileMax) {
        file = await this.rotated();
      }
      await file.appendFile(bytes);
      await file.datasync();
      this.size += bytes.length;
      this.trouble = null;
      return { delivered: true };
    } catch (error) {
      return await this.failed(error);
    }
  }

  /** Closed, so that the next try looks at the file anew and cuts off what this one left half written. */
  private async failed(error: unknown): Promise<SinkFault> {
    await this.close();
    const detail = problemLine(problemOfSystemError(error, this.settings.path));
    if (detail !== this.trouble) {
      this.log.warn({}, detail);
    }
    this.trouble = detail;
    return { fault: "storage", detail, transient: true };
  }

  private async opened(): Promise<FileHandle> {
    if (this.file === null) {
      const { path } = this.settings;
      await makeFolder(dirname(path));
      // "a+": appending, so no write of ours can fall into what stands there; private, as it names people's meters.
      this.file = await open(path, "a+", 0o600);
      this.size = await wholeLines(this.file);
      if (this.size < (await this.file.stat()).size) {
        await this.file.truncate(this.size);
      }
      await syncFolder(dirname(path));
    }
    return this.file;
  }

  private async rotated(): Promise<FileHandle> {
    const { path, files } = this.settings;
    await this.close();
    for (let number = files - 1; number >= 1; number--) {
      const from = number === 1 ? path : `${path}.${number - 1}`;
      await rename(from, `${path}.${number}`).catch(ignoreMissing);
    }
    if (files === 1) {
      await unlink(path).catch(ignoreMissing);
    }
    return await this.opened();
  }

  private async close(): Promise<void> {
    const file = this.file;
    this.file = null;
    await file?.close().catch(() => {});
  }
}

/** One line per record, as SenML resolved (RFC 8428 §4.6); a gap stands in a line of its own under "gap". */
export function recordLines(batch: SinkBatch): string {
  const records = batch.records.map((record) => packJson([record]).slice(1, -1));
  const gaps = batch.gaps.map((gap) => JSON.stringify({ gap }));
  return [...records, ...gaps].map((line) => `${line}\n`).join("");
}

/** Bytes up to the end of the last whole line. What follows was cut off by a crash, was never confirmed, and comes again. */
async function wholeLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const start = Math.max(0, size - tailMax);
  const tail = Buffer.alloc(size - start);
  const { bytesRead } = await file.read(tail, 0, tail.length, start);
  const end = tail.subarray(0, bytesRead).lastIndexOf(0x0a);
  return end < 0 && start > 0 ? size : start + end + 1;
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    // Of a file that stands where a folder should be the system says that it exists.
    const isFile = error instanceof Error && "code" in error && error.code === "EEXIST";
    throw isFile ? problem("FIL-070", { path: folder }) : problemOfSystemError(error, folder);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
    throw error;
  }
}

export const definition = {
  kind: "file",
  schema,
  create(settings: FileSinkSettings, context: SinkContext): Sink {
    return new FileSink(settings, context);
  },
} as const;
