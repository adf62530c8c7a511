/** What `hasen spool` says, in English; de-spool.ts says the same in German. */
export const enSpool = {
  "spool.running": "Spool {folder}: a gateway is running; these are its figures.",
  "spool.silent":
    "Spool {folder}: process {pid} writes to it, but nobody answers at {where}; these figures are from its files.",
  "spool.idle": "Spool {folder}: no gateway is running; these figures are from its files.",
  "spool.ring.telemetry":
    "Readings: {bytes} of {most} in {segments} files, {entries} messages since {oldest}.",
  "spool.ring.kept":
    "What must not vanish: {bytes} of {most} in {segments} files, {entries} messages since {oldest}.",
  "spool.empty.telemetry": "Readings: none yet ({bytes} of {most}).",
  "spool.empty.kept": "What must not vanish: nothing yet ({bytes} of {most}).",
  "spool.setAside": "{count} damaged files are set aside in {folder}/quarantine.",
  "spool.even": "{sink} has everything.",
  "spool.behind":
    "{sink} still lacks {entries} messages with {records} records ({bytes}); the oldest is {age} old.",
  "spool.behindAbout":
    "{sink} still lacks {entries} messages with about {records} records ({bytes}); the oldest is {age} old.",
  "spool.behindKept":
    "{sink} still lacks {entries} messages that must not vanish ({bytes}); the oldest is {age} old.",
  "spool.missed": "{sink} will never get {count} messages that had to make room.",
  "spool.dropped": "{sink}: {records} records given up since the start, because {reason}.",
  "spool.reason.full": "the spool was full",
  "spool.reason.age": "they were too old",
  "spool.wear":
    "Written since the start: {written} for {payload} of messages in {commits} commits, {perByte} bytes for each byte.",
  "spool.holds": "{folder}: {entries} messages read, everything holds.",
  "spool.damaged": "{folder}: {count} places are damaged; {entries} messages hold.",
  "spool.damage.entries": "{file}: messages {from} to {to} cannot be read any more.",
  "spool.damage.snapshot": "{file}: the copy of the gateway's state does not hold; an older one is used.",
  "spool.damage.header": "{file}: its header does not hold; the next start of the gateway sets it aside.",
  "spool.damage.foreign": "{file}: comes from another spool; the next start of the gateway sets it aside.",
  "spool.damage.order": "{file}: contradicts its neighbours; the next start of the gateway sets it aside.",
  "spool.damage.cursors": "{file}: how far the sinks are cannot be read; they get some messages again.",
  "spool.cut": "{folder}: the last commit was cut short; nothing in it was ever acknowledged.",
  "spool.recycled": "{count} files were begun anew by the gateway while they were read.",
  "spool.line.pack": "{time}  {device}  {message}  {rows} rows, the last: {values}",
  "spool.line.waiting": "{time}  {device}  {message}  readings whose shape is not known yet",
  "spool.line.gap": "{time}  {device}  {range}  gap {state}: {reason}",
  "spool.line.unusable": "{time}  {device}  {message}  {type}, without records: {why}",
  "spool.line.other": "{time}  {device}  {message}  {type}",
} as const;
