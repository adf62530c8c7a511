import type { Readable, Writable } from "node:stream";

/** Where a command reads and writes; a test gives its own. Data goes to stdout, everything for people to stderr. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}
