import type { EspruinoFlash, EspruinoStorage } from "../../boards/platforms/espruino-globals.ts";
import { SimulatedPages } from "../../boards/platforms/simulated-pages.ts";
import { bytesOf } from "../../protocols/byte-text.ts";
import type { SimulatedFlash } from "./simulated-flash.ts";

/** Where it lies, as on a board of the ESP32 family. */
const start = 0x320000;
const page = 4096;
const fileHead = 32;
/** Of the files before. */
const before = 3000;

/**
 * A board's storage and its `Flash`, as far as an outbox that spills uses them: the file that it spills to lies behind other files, so its first
 * whole page begins within it. The pages outlive the board; they throw at a power cut.
 */
export class SpillFlash {
  readonly files: SimulatedFlash;
  readonly pages: SimulatedPages;
  /** Bytes of the file, 0 before it is made. */
  size = 0;

  constructor(files: SimulatedFlash, dice: () => number) {
    this.files = files;
    this.pages = new SimulatedPages({ pageBytes: page, pages: 8, dice });
  }

  /** For `require`. */
  modules(): { readonly Storage: EspruinoStorage; readonly Flash: EspruinoFlash } {
    const { files, pages } = this;
    const first = start + page;
    return {
      Storage: {
        readArrayBuffer: (name) => files.readArrayBuffer(name),
        write: (name, data, offset, size) => {
          if (name !== "spill") {
            return files.write(name, data, offset, size);
          }
          this.size = size;
          return true;
        },
        erase: (name) => files.erase(name),
        getFree: () => 200_000,
      },
      Flash: {
        read: (length, address) =>
          address >= first
            ? bytesOf(pages.read(address - first, length))
            : this.#heads().slice(address - start, address - start + length),
        write: (data, address) => pages.write(address - first, data),
        erasePage: (address) => pages.erase((address - first) / page),
        getFree: () => [],
      },
    };
  }

  /** The first page of the storage: a file, and the head of the one that it spills to. */
  #heads(): Uint8Array {
    const bytes = new Uint8Array(page).fill(255);
    const put = (at: number, size: number, name: string) => {
      bytes.fill(0, at, at + fileHead);
      bytes.set([size & 255, (size >> 8) & 255, size >> 16, 0, ...bytesOf(name)], at);
    };
    put(0, before, "epochs0");
    if (this.size > 0) {
      put(fileHead + before, this.size, "spill");
    }
    return bytes;
  }
}
