import { rmSync, writeFileSync, writeSync } from "node:fs";
import { isFault } from "../../protocols/fault.ts";
import { nodeFiles } from "./node-files.ts";
import { Spool } from "./spool.ts";
import { append, entryOf, readIds } from "./trial.ts";

/** A process that writes to a spool on a real disk until it is killed, or until the disk is full. Started by tests. */

const [mode, folder] = process.argv.slice(2);

/** What it prints is there before the next thing happens, whatever happens next. */
function print(line: unknown): void {
  writeSync(1, JSON.stringify(line) + "\n");
}

async function writeUntilKilled(): Promise<void> {
  const options = { folder, segmentBytes: 65536, bytesMax: 64 * 65536, linger: 1 };
  const spool = await Spool.open(options, nodeFiles);
  for (let id = spool.head; ; ) {
    const turn = Array.from({ length: 20 }, () => append(spool, entryOf(id++)));
    for (const [i, offset] of (await Promise.all(turn)).entries()) {
      print([offset, id - turn.length + i]);
    }
  }
}

/** On a disk of 1 MB, half of which something else takes. */
async function fillDisk(): Promise<void> {
  const filler = `${folder}.filler`;
  writeFileSync(filler, new Uint8Array(400_000));
  const options = {
    folder,
    segmentBytes: 65536,
    bytesMax: 8 << 20,
    linger: 0,
    retryDelay: 10,
    policyWhenFull: "refuse",
  } as const;
  const spool = await Spool.open(options, nodeFiles);
  const settled: number[] = [];
  const fill = async (): Promise<string> => {
    for (let id = settled.length; ; id = settled.length) {
      const offset = await append(spool, entryOf(id, 1000));
      if (isFault(offset)) {
        return offset.fault;
      }
      settled.push(id);
    }
  };
  const first = { fault: await fill(), settled: settled.length };
  rmSync(filler);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const second = { fault: await fill(), settled: settled.length };
  await spool.close();
  const again = await Spool.open(options, nodeFiles);
  const readable = readIds(again).size;
  const { lost, setAside } = again.recovery;
  await again.close();
  print({ first, second, readable, damage: lost.length + setAside.length });
}

await (mode === "fill" ? fillDisk() : writeUntilKilled());
