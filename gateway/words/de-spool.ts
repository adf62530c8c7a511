import type { enSpool } from "./en-spool.ts";

export const deSpool: Readonly<Record<keyof typeof enSpool, string>> = {
  "spool.running": "Puffer {folder}: ein Gateway läuft; dies sind seine Zahlen.",
  "spool.silent":
    "Puffer {folder}: Prozess {pid} schreibt hinein, aber an {where} antwortet niemand; diese Zahlen sind aus seinen Dateien.",
  "spool.idle": "Puffer {folder}: kein Gateway läuft; diese Zahlen sind aus seinen Dateien.",
  "spool.ring.telemetry":
    "Messwerte: {bytes} von {most} in {segments} Dateien, {entries} Nachrichten seit {oldest}.",
  "spool.ring.kept":
    "Was nicht verschwinden darf: {bytes} von {most} in {segments} Dateien, {entries} Nachrichten seit {oldest}.",
  "spool.empty.telemetry": "Messwerte: noch keine ({bytes} von {most}).",
  "spool.empty.kept": "Was nicht verschwinden darf: noch nichts ({bytes} von {most}).",
  "spool.setAside": "{count} beschädigte Dateien liegen beiseite in {folder}/quarantine.",
  "spool.even": "{sink} hat alles.",
  "spool.behind":
    "{sink} fehlen noch {entries} Nachrichten mit {records} Messwerten ({bytes}); die älteste ist {age} alt.",
  "spool.behindAbout":
    "{sink} fehlen noch {entries} Nachrichten mit etwa {records} Messwerten ({bytes}); die älteste ist {age} alt.",
  "spool.behindKept":
    "{sink} fehlen noch {entries} Nachrichten, die nicht verschwinden dürfen ({bytes}); die älteste ist {age} alt.",
  "spool.missed": "{sink} bekommt {count} Nachrichten nie, die Platz machen mussten.",
  "spool.dropped": "{sink}: {records} Messwerte seit dem Start aufgegeben, denn {reason}.",
  "spool.reason.full": "der Puffer war voll",
  "spool.reason.age": "sie waren zu alt",
  "spool.wear":
    "Seit dem Start geschrieben: {written} für {payload} Nachrichten in {commits} Schreibvorgängen, {perByte} Byte für jedes Byte.",
  "spool.holds": "{folder}: {entries} Nachrichten gelesen, alles hält.",
  "spool.damaged": "{folder}: {count} Stellen sind beschädigt; {entries} Nachrichten halten.",
  "spool.damage.entries": "{file}: die Nachrichten {from} bis {to} sind nicht mehr lesbar.",
  "spool.damage.snapshot": "{file}: die Abschrift vom Stand des Gateways hält nicht; es gilt eine ältere.",
  "spool.damage.header":
    "{file}: der Kopf hält nicht; der nächste Start des Gateways legt die Datei beiseite.",
  "spool.damage.foreign":
    "{file}: stammt aus einem anderen Puffer; der nächste Start des Gateways legt die Datei beiseite.",
  "spool.damage.order":
    "{file}: widerspricht ihren Nachbarn; der nächste Start des Gateways legt sie beiseite.",
  "spool.damage.cursors":
    "{file}: wie weit die Ziele sind, ist nicht lesbar; sie bekommen einige Nachrichten noch einmal.",
  "spool.cut": "{folder}: der letzte Schreibvorgang brach ab; nichts darin wurde je bestätigt.",
  "spool.recycled": "{count} Dateien hat das Gateway neu begonnen, während sie gelesen wurden.",
  "spool.line.pack": "{time}  {device}  {message}  {rows} Zeilen, die letzte: {values}",
  "spool.line.waiting": "{time}  {device}  {message}  Messwerte, deren Form noch nicht bekannt ist",
  "spool.line.gap": "{time}  {device}  {range}  Lücke {state}: {reason}",
  "spool.line.unusable": "{time}  {device}  {message}  {type}, ohne Messwerte: {why}",
  "spool.line.other": "{time}  {device}  {message}  {type}",
};
