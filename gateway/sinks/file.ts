/** A file that grows by one JSON line per record: for a look, a hand-over on a stick, or another program. */
import type { Static } from "@sinclair/typebox";
import { group, name, path, size, whole } from "../schema.ts";

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

export const definition = { kind: "file", schema } as const;
