import type { Bench } from "./bench.ts";
import { drain } from "./drain.ts";
import { espruinoPack } from "./espruino-pack.ts";
import { espruinoSeal } from "./espruino-seal.ts";
import { forwardLive, forwardPacks } from "./forward-live.ts";
import { ingest } from "./ingest.ts";
import { ingestDurable } from "./ingest-durable.ts";
import { liveWhileDraining } from "./live-while-draining.ts";
import { decodeBenches } from "./meter-decode.ts";
import { packBytes } from "./pack-bytes.ts";
import { packEncode } from "./pack-encode.ts";
import { probe } from "./probe.ts";
import { repeatedAfterKill } from "./repeated-after-kill.ts";
import { restart } from "./restart.ts";
import { rssBacklog } from "./rss-backlog.ts";
import { smlDecode } from "./sml-decode.ts";
import { smlLibsml } from "./sml-libsml.ts";
import { start } from "./start.ts";
import { verifyDecode } from "./verify-decode.ts";
import { wearBenches } from "./wear.ts";

/** The benches by name, alphabetical, families last; one line each. */
export const benches: readonly Bench[] = [
  drain,
  espruinoPack,
  espruinoSeal,
  forwardLive,
  forwardPacks,
  ingest,
  ingestDurable,
  liveWhileDraining,
  packBytes,
  packEncode,
  probe,
  repeatedAfterKill,
  restart,
  rssBacklog,
  smlDecode,
  smlLibsml,
  start,
  verifyDecode,
  ...decodeBenches,
  ...wearBenches,
];
