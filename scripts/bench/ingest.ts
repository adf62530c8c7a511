import { streetAirRows } from "../../protocols/vectors/street-air.ts";
import { BareCipher, messageAad } from "./bare-cipher.ts";
import type { Bench } from "./bench.ts";
import { IngestHall, type Run } from "./ingest-hall.ts";
import { rate } from "./rate.ts";
import { median } from "./runner.ts";
import { airPacks, powerPacks } from "./sealed-load.ts";

/**
 * Sealed messages of one reading each, from 50 devices with 20 on their way at once, verified and on disk (fdatasync) before each is
 * settled, in one process. The peer is what the cipher alone takes in node:crypto, so the ratio says what all the rest costs.
 */
export const ingest: Bench = {
  name: "ingest",
  unit: "records/s",
  peer: "bare AES-CCM open",
  prepare: async () => {
    const hall = await IngestHall.open();
    const [one, many] = [powerPacks(), airPacks()];
    const bare = new BareCipher({ messages: 500, length: one().length, additional: messageAad });
    const ones: Run[] = [];
    const manys: Run[] = [];
    return {
      ours: async () => {
        ones.push(await hall.run(one, 400));
        manys.push(await hall.run(many, 50));
        return perSecond(ones[ones.length - 1]);
      },
      theirs: async () => rate(() => bare.open()),
      extra: () => ({ ...figures("1 row", ones, 1), ...figures("24 rows", manys, streetAirRows.length) }),
      close: () => hall.close(),
    };
  },
};

function perSecond({ messages, seconds }: Run): number {
  return messages / seconds;
}

function figures(name: string, runs: readonly Run[], rows: number): Record<string, number> {
  const middle = (figure: (run: Run) => number): number => median(runs.map(figure));
  const messages = Math.round(middle(perSecond));
  return {
    [`${name}: messages/s`]: messages,
    [`${name}: rows/s`]: messages * rows,
    [`${name}: CPU us/message`]: Number(middle((run) => run.cpu / run.messages).toFixed(2)),
    [`${name}: written/received bytes`]: Number(middle((run) => run.written / run.frameBytes).toFixed(2)),
  };
}
