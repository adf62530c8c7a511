/**
 * Bugs that are put in on purpose, so that the simulation shows that it would find them. Each wraps a part or a port of the gateway;
 * nothing in the shipped code knows of them.
 */
import type { Core } from "../../gateway/core.ts";
import { entryKind } from "../../gateway/entry.ts";
import type { Sink } from "../../gateway/sink.ts";
import type { FilePort } from "../../gateway/spool/file-port.ts";
import { parseAny } from "../../protocols/envelope.ts";
import { isFault } from "../../protocols/fault.ts";

export interface Plant {
  readonly about: string;
  files?(files: FilePort): FilePort;
  sink?(sink: Sink): Sink;
  core?(core: Core): void;
}

export const plants: Readonly<Record<string, Plant>> = {
  "ack-before-fsync": {
    about: "the spool takes what it wrote for safe without a sync",
    files: (files) => withoutSync(files, (path) => path.includes("/segment-")),
  },
  "cursor-before-confirm": {
    about: "what was handed to a sink counts as delivered before the platform confirmed it",
    sink: (sink) => ({
      ...sink,
      send: async (batch) => {
        void sink.send(batch);
        return { delivered: true };
      },
    }),
  },
  "epoch-reuse": {
    about: "the gateway's boot epoch is used before its record is on disk",
    files: (files) => withoutSync(files, (path) => path.endsWith("/boot-epoch")),
  },
  "forget-gap": {
    about: "what the spool gives up is not declared to the sinks",
    core: (core) => {
      core.ingest.knowledge.declare = (_gap, _kid, durable) => durable?.();
    },
  },
  "lone-shape": {
    about: "a shape counts as lying in both rings, and was written to one",
    core: (core) => {
      for (const ring of core.rings) {
        const append = ring.append.bind(ring);
        ring.append = (kind, payload, settled, time) =>
          kind === entryKind.shape
            ? queueMicrotask(() => settled(null, 0))
            : append(kind, payload, settled, time);
      }
    },
  },
  "window-before-tag": {
    about: "a number counts as received before the frame's tag was verified",
    core: ({ ingest }) => {
      const receive = ingest.receive.bind(ingest);
      ingest.receive = (frame, source, settled) => {
        receive(frame, source, settled);
        const header = parseAny(frame);
        const device = isFault(header) ? null : ingest.devices.byKid(header.kid);
        if (!isFault(header) && device?.received.standing(header.epoch, header.piv) === "new") {
          device.received.commit(header.epoch, header.piv);
        }
      };
    },
  },
};

/** The same disk, which says of some files that they are synced, and has not done it. */
function withoutSync(files: FilePort, which: (path: string) => boolean): FilePort {
  return {
    list: (folder) => files.list(folder),
    makeFolder: (folder) => files.makeFolder(folder),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    syncFolder: (folder) => files.syncFolder(folder),
    lock: (path) => files.lock(path),
    open: (path, create) => {
      const file = files.open(path, create);
      return isFault(file) || !which(path) ? file : { ...file, datasync: async () => null };
    },
  };
}
