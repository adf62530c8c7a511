/** The street on a terminal: redrawn in place, readable in 80 columns, in German or English. */
import { balances, type Ledger } from "./ledger.ts";

export interface StreetView {
  /** Since the start. */
  readonly seconds: number;
  /** The city's broker, e.g. "mosquitto 2.0.11". */
  readonly city: string;
  /** What the meters' lines are: "socat", "python3" or "memory". */
  readonly lines: string;
  readonly uplink: boolean;
  readonly gatewayUp: boolean;
  readonly sinkConnected: boolean;
  readonly spoolBytes: number;
  readonly spoolCapacity: number;
  readonly devices: readonly DeviceView[];
  readonly ledger: Ledger;
  readonly refused: Readonly<Record<string, number>>;
  readonly duplicates: number;
  readonly falseRecords: number;
  /** What the last key did, and what to look for. */
  readonly note: string;
}

export interface DeviceView {
  readonly name: string;
  /** Last readings with unit; of a bay the words of `occupancy` instead. */
  readonly reading: string;
  /** Of a parking bay: what the sensor says; null while it says nothing. Undefined for other devices. */
  readonly occupied?: boolean | null;
  /** Seconds since it, null before the first. */
  readonly age: number | null;
  /** Frames not yet acknowledged. */
  readonly waiting: number;
}

export const streetWords = {
  en: {
    title: "A street of {count} devices",
    city: "city",
    lines: "meter lines",
    lineKinds: {
      socat: "real ptys (socat), 9600 8N1",
      python3: "real ptys (python3), 9600 8N1",
      memory: "in memory (no socat)",
    },
    demonstration: "one row a second for the demonstration; the default is 15 minutes",
    device: "device",
    reading: "last reading",
    age: "age",
    waiting: "waiting",
    free: "free",
    occupied: "occupied",
    uplink: "uplink",
    up: "up",
    cut: "CUT",
    gateway: "gateway",
    running: "running",
    down: "DOWN",
    spool: "spool",
    sink: "broker",
    connected: "connected",
    disconnected: "NOT THERE",
    produced: "produced",
    delivered: "delivered",
    buffered: "buffered",
    onDevice: "on device",
    dropped: "dropped",
    lost: "lost",
    balanced: "balanced",
    unbalanced: "DOES NOT BALANCE",
    refused: "refused",
    nothing: "nothing",
    duplicates: "duplicates removed",
    falseRecords: "false records",
    ready: "ready in {seconds} s: every device is heard",
    notReady: "not every device was heard within 10 s; going on",
    summary: "{seconds} s of street; the spool was read after the gateway had stopped; city: {city}",
    keys: "keys: u uplink  f forge  r replay  k kill the gateway  q quit",
    notes: {
      start: "All is well. Try a key.",
      "uplink-off": "Uplink cut: the gateway keeps what arrives (buffered grows).",
      "uplink-on": "Uplink healed: the backlog drains, buffered goes back to 0.",
      forge: "Forged message sent with a wrong key: look at refused, bad-tag.",
      replay: "An old message sent again: look at refused, replayed.",
      kill: "Gateway killed (kill -9) and started again: nothing may be lost.",
      nothingToReplay: "Nothing was sent yet that could be replayed.",
    },
  },
  de: {
    title: "Eine Straße mit {count} Geräten",
    city: "Stadt",
    lines: "Zählerleitungen",
    lineKinds: {
      socat: "echte ptys (socat), 9600 8N1",
      python3: "echte ptys (python3), 9600 8N1",
      memory: "im Speicher (kein socat)",
    },
    demonstration: "zur Vorführung eine Zeile je Sekunde; sonst je Viertelstunde",
    device: "Gerät",
    reading: "letzter Messwert",
    age: "Alter",
    waiting: "wartet",
    free: "frei",
    occupied: "belegt",
    uplink: "Verbindung",
    up: "steht",
    cut: "GETRENNT",
    gateway: "Gateway",
    running: "läuft",
    down: "STEHT STILL",
    spool: "Puffer",
    sink: "Broker",
    connected: "verbunden",
    disconnected: "NICHT DA",
    produced: "erzeugt",
    delivered: "zugestellt",
    buffered: "im Puffer",
    onDevice: "im Gerät",
    dropped: "verworfen",
    lost: "verloren",
    balanced: "geht auf",
    unbalanced: "GEHT NICHT AUF",
    refused: "abgewiesen",
    nothing: "nichts",
    duplicates: "Doppelte entfernt",
    falseRecords: "falsche Werte",
    ready: "bereit nach {seconds} s: Jedes Gerät wird gehört",
    notReady: "nicht jedes Gerät wurde in 10 s gehört; es geht weiter",
    summary: "{seconds} s Straße; der Puffer wurde nach dem Ende des Gateways gelesen; Stadt: {city}",
    keys: "Tasten: u Verbindung  f fälschen  r wiederholen  k Gateway töten  q Ende",
    notes: {
      start: "Alles in Ordnung. Probieren Sie eine Taste.",
      "uplink-off": "Verbindung getrennt: Das Gateway hebt auf, was kommt (im Puffer wächst).",
      "uplink-on": "Verbindung steht wieder: Der Puffer leert sich.",
      forge: "Gefälschte Nachricht mit falschem Schlüssel: siehe abgewiesen, bad-tag.",
      replay: "Alte Nachricht noch einmal gesendet: siehe abgewiesen, replayed.",
      kill: "Gateway getötet (kill -9) und neu gestartet: Nichts darf fehlen.",
      nothingToReplay: "Es gibt noch keine Nachricht zum Wiederholen.",
    },
  },
} as const;

export type StreetLanguage = keyof typeof streetWords;
export type Note = keyof (typeof streetWords)["en"]["notes"];

const width = 80;

/** The whole screen as lines of at most 80 columns. */
export function screen(view: StreetView, lang: StreetLanguage, color: boolean): string[] {
  const words = streetWords[lang];
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const state = (good: boolean, yes: string, no: string) => (good ? paint(32, yes) : paint(31, no));
  const kind = words.lineKinds[view.lines as keyof typeof words.lineKinds] ?? view.lines;
  return [
    paint(1, row(words.title.replace("{count}", String(view.devices.length)), clock(view.seconds))),
    `${words.city}: ${view.city}   ${words.lines}: ${kind}`,
    paint(2, words.demonstration),
    "",
    paint(
      1,
      `${words.device.padEnd(22)}${words.reading.padEnd(38)}${words.age.padStart(8)}${words.waiting.padStart(12)}`,
    ),
    ...view.devices.map((device) => {
      const { name, age, waiting } = device;
      const reading = readingText(device, lang);
      const text = `${name.padEnd(22)}${reading.slice(0, 37).padEnd(38)}${(age === null ? "-" : `${age.toFixed(0)} s`).padStart(8)}${String(waiting).padStart(12)}`;
      return age !== null && age > 5 ? paint(33, text) : text;
    }),
    "",
    `${words.gateway}: ${state(view.gatewayUp, words.running, words.down)}   ${words.uplink}: ${state(view.uplink, words.up, words.cut)}   ${words.sink}: ${state(view.sinkConnected, words.connected, words.disconnected)}`,
    `${words.spool}: ${gauge(view.spoolBytes, view.spoolCapacity)}`,
    "",
    ...ledgerLines(view.ledger, lang).map((line) => paint(1, line)),
    `${words.refused}: ${refusedText(view.refused) || words.nothing}`,
    `${words.duplicates}: ${view.duplicates}   ${words.falseRecords}: ${view.falseRecords}`,
    "",
    view.note,
    paint(2, words.keys),
  ];
}

/** The ledger as an equation on two lines. */
export function ledgerLines(ledger: Ledger, lang: StreetLanguage): string[] {
  const words = streetWords[lang];
  const { produced, delivered, buffered, onDevice, dropped, lost } = ledger;
  return [
    `${words.produced} ${produced} = ${words.delivered} ${delivered} + ${words.buffered} ${buffered} + ${words.onDevice} ${onDevice}`,
    `  + ${words.dropped} ${dropped} + ${words.lost} ${lost}   (${balances(ledger) ? words.balanced : words.unbalanced})`,
  ];
}

export function refusedText(refused: Readonly<Record<string, number>>): string {
  return Object.entries(refused)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(", ");
}

function readingText({ reading: plain, occupied }: DeviceView, lang: StreetLanguage): string {
  const words = streetWords[lang];
  const reading = lang === "de" ? plain.replace(/(?<=\d)\.(?=\d)/g, ",") : plain;
  if (occupied === undefined) {
    return reading;
  }
  const state = occupied === null ? "?" : occupied ? words.occupied : words.free;
  return `${state.padEnd(10)}${reading}`;
}

function row(left: string, right: string): string {
  return left + right.padStart(width - left.length);
}

function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
}

function gauge(bytes: number, capacity: number): string {
  const share = capacity > 0 ? bytes / capacity : 0;
  const full = Math.round(share * 30);
  const size = (count: number) =>
    count >= 1048576 ? `${(count / 1048576).toFixed(1)} MiB` : `${(count / 1024).toFixed(0)} KiB`;
  return `[${"#".repeat(full)}${".".repeat(30 - full)}] ${size(bytes)} / ${size(capacity)}`;
}
