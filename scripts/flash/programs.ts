/** What goes onto a board: the program of one device, or of the next one in a folder of installations. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { problem } from "../../gateway/problem.ts";
import { problemOfSystemError } from "../../gateway/system-error.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { consolePassword } from "../../protocols/envelope.ts";
import { buildOf, readInstallation } from "../build.ts";
import type { FirmwareOrder } from "../build-firmware.ts";
import type { FlashOrder } from "../flash-command.ts";
import { readBundle } from "./bundle-file.ts";
import { boardOfKeys, claim, type Keys } from "./claim.ts";
import { passwordIn } from "./password.ts";

export interface Programs {
  /** Of the console of the next board, where it is locked: that of the same keys, since the firmware there locked it with it. */
  password(): Promise<string | null>;
  /** The program for the chip of this number. No other chip has its keys then; with `onlyLook` nothing is noted. */
  programFor(serial: string, onlyLook: boolean): Promise<Program>;
}

export interface Program {
  readonly device: string;
  readonly text: string;
}

export async function programsOf(order: FlashOrder): Promise<Programs> {
  const password = order.password === undefined ? null : await passwordIn(order.password);
  if (order.installation !== undefined) {
    return (await isFolder(order.installation))
      ? ofFolder(order, order.installation, password)
      : ofInstallation(order, order.installation, password);
  }
  if (order.bundle === undefined) {
    throw problem("FLS-066", {});
  }
  return ofBundle(order, order.bundle, password);
}

/** The password of the device of an installation file. */
export async function passwordOf(installation: string): Promise<string> {
  const read = await readInstallation({ installation, version: "" });
  return consolePassword(nodeCrypto, read.installation);
}

async function ofBundle(order: FlashOrder, file: string, password: string | null): Promise<Programs> {
  const { head, program } = await readBundle(file);
  if (head.board !== order.board) {
    throw problem("FLS-082", { written: head.board, board: order.board }, { where: file });
  }
  return {
    password: async () => password,
    programFor: async (serial, onlyLook) => {
      await claim({ ...head, file }, serial, onlyLook);
      return { device: head.device, text: program };
    },
  };
}

async function ofInstallation(
  order: FlashOrder,
  installation: string,
  password: string | null,
): Promise<Programs> {
  const { board, version } = order;
  const read = await readInstallation({ board, installation, version });
  const program = await built(read);
  return {
    password: async () => password ?? consolePassword(nodeCrypto, read.installation),
    programFor: async (serial, onlyLook) => {
      await claim(keysOf(read), serial, onlyLook);
      return { device: read.installation.device, text: program };
    },
  };
}

/** Each board gets the device that it is already, or the next one that no board is yet. */
async function ofFolder(order: FlashOrder, folder: string, password: string | null): Promise<Programs> {
  const all = await installationsIn(order, folder);
  const next = async (serial: string | null): Promise<FirmwareOrder | undefined> => {
    const holders = await Promise.all(all.map((one) => boardOfKeys(keysOf(one))));
    const own = serial === null ? -1 : holders.indexOf(serial);
    return all[own >= 0 ? own : holders.indexOf(null)];
  };
  return {
    password: async () => {
      const first = await next(null);
      return password ?? (first === undefined ? null : consolePassword(nodeCrypto, first.installation));
    },
    programFor: async (serial, onlyLook) => {
      const mine = await next(serial);
      if (mine === undefined) {
        throw problem("FLS-083", { folder, count: all.length, board: order.board }, { where: folder });
      }
      const text = await built(mine);
      await claim(keysOf(mine), serial, onlyLook);
      return { device: mine.installation.device, text };
    },
  };
}

async function installationsIn(order: FlashOrder, folder: string): Promise<FirmwareOrder[]> {
  const names = (await readdir(folder)).filter(
    (name) => /\.ya?ml$/.test(name) && !/\.key\.ya?ml$/.test(name),
  );
  const all: FirmwareOrder[] = [];
  for (const name of names.sort()) {
    all.push(await readInstallation({ installation: join(folder, name), version: order.version }));
  }
  return all.filter(({ board }) => board.name === order.board);
}

async function built(read: FirmwareOrder): Promise<string> {
  const { board, file, installation } = read;
  const { firmware } = await buildOf({
    board: board.name,
    installation: file,
    version: installation.firmware,
  });
  return firmware.code;
}

function keysOf({ installation, settings }: FirmwareOrder): Keys {
  return { device: installation.device, kid: installation.kid, file: settings.credentials };
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((error: unknown) => {
    throw problemOfSystemError(error, path);
  });
  return found.isDirectory();
}
