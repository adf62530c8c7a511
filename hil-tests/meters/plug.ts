import { rmSync, symlinkSync } from "node:fs";
import { type Line, type LineOptions, openLine } from "./line.ts";

/** An adapter with a lasting name, as those below /dev/serial/by-id: it is plugged in, pulled out and plugged in again. */
export class Plug {
  readonly path: string;
  #line: Line | null = null;

  /** `path`: where its name stands while it is plugged in. */
  constructor(path: string) {
    this.path = path;
  }

  /** The line behind it; null while it is pulled out. */
  get line(): Line | null {
    return this.#line;
  }

  async plug(options: LineOptions = {}): Promise<Line> {
    await this.unplug();
    const line = await openLine(options);
    symlinkSync(line.path, this.path);
    this.#line = line;
    return line;
  }

  async unplug(): Promise<void> {
    const line = this.#line;
    this.#line = null;
    rmSync(this.path, { force: true });
    await line?.close();
  }
}
