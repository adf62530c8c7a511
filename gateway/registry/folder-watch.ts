import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";

const lookEvery = 1000; // ms
/** Looks between two at every file, in case a file system does not tell what happens in it. */
const wholeEvery = 30;

/**
 * Says when something in a folder may have changed. The system tells at once, of a file's content and rights too; one look a second at
 * the folder itself sees what that missed, since `hasen device` puts whole files in place. Where the system tells nothing (no
 * folder yet, no watches left) every look counts as a change.
 */
export class FolderWatch {
  readonly #folder: string;
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  #watcher: FSWatcher | null = null;
  /** The folder as it was at the last look. */
  #seen: FolderFacts | null = null;
  #looks = 0;
  #closed = false;

  constructor(folder: string, changed: () => void) {
    this.#folder = folder;
    this.#changed = changed;
    this.#timer = setInterval(() => void this.#look(), lookEvery);
    this.#timer.unref();
    this.#watch();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#unwatch();
  }

  async #look(): Promise<void> {
    const now = await factsOf(this.#folder);
    if (this.#closed) {
      return;
    }
    const before = this.#seen;
    this.#seen = now;
    if (now?.inode !== before?.inode) {
      this.#unwatch(); // what is watched may be a folder that was put aside
    }
    const told = this.#watcher !== null;
    this.#watch();
    this.#looks++;
    if (!told || now?.changed !== before?.changed || this.#looks % wholeEvery === 0) {
      this.#changed();
    }
  }

  #watch(): void {
    if (this.#watcher !== null) {
      return;
    }
    try {
      this.#watcher = watch(this.#folder, { persistent: false }, () => this.#changed());
      this.#watcher.on("error", () => this.#unwatch());
    } catch {
      // The folder is not there yet, or the system has no watches left: the looks see changes, too.
    }
  }

  #unwatch(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}

interface FolderFacts {
  readonly inode: bigint;
  /** Changes with every file that comes, goes or is put in another's place. */
  readonly changed: bigint;
}

/** Null where there is no such folder, or nobody may look. */
async function factsOf(folder: string): Promise<FolderFacts | null> {
  try {
    const { ino, mtimeNs } = await stat(folder, { bigint: true });
    return { inode: ino, changed: mtimeNs };
  } catch {
    return null;
  }
}
