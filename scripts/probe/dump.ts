import { closeSync, openSync, writeSync } from "node:fs";
import { toHex } from "../../protocols/bytes.ts";
import { type LineSetting, settingText } from "./setting.ts";

/** Bytes of one line of the file, and of the whole file: an hour at 9600 baud. */
const lineMax = 64 * 1024;
const fileMax = 32 * 1024 * 1024;

/**
 * Everything a probe heard, as text that `hasen decode --hex` reads: one line for each time at a setting, in hexadecimal; comments say when
 * it was, how the line was set, and what was sent.
 */
export class Dump {
  readonly path: string;
  /** Bytes heard so far. */
  bytes = 0;
  private readonly file: number;
  private line: Uint8Array[] = [];
  private lineBytes = 0;

  /** Throws what the file system throws. An existing file is not written over. */
  constructor(path: string, about: string) {
    this.path = path;
    this.file = openSync(path, "wx");
    this.comment(about);
  }

  setting(line: LineSetting, ms: number): void {
    this.comment(`${(ms / 1000).toFixed(2)} s, ${settingText(line)}`);
  }

  sent(bytes: Uint8Array): void {
    this.comment(`sent ${toHex(bytes)}`);
  }

  heard(bytes: Uint8Array): void {
    if (this.bytes + bytes.length > fileMax) {
      return;
    }
    this.bytes += bytes.length;
    this.line.push(bytes);
    this.lineBytes += bytes.length;
    if (this.lineBytes >= lineMax) {
      this.endLine();
    }
  }

  close(): void {
    this.endLine();
    closeSync(this.file);
  }

  private comment(text: string): void {
    this.endLine();
    writeSync(this.file, `# ${text}\n`);
  }

  private endLine(): void {
    if (this.lineBytes > 0) {
      writeSync(this.file, `${this.line.map(toHex).join("")}\n`);
    }
    this.line = [];
    this.lineBytes = 0;
  }
}
