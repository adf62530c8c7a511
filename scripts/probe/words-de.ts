import type { en } from "./words-en.ts";

/** What `hasen probe` says, in German. */
export const de: Readonly<Record<keyof typeof en, string>> = {
  "trying.listen": "Höre mit {setting} zu …",
  "trying.ask": "Frage mit {setting} nach {language} …",
  "trying.confirm": "Das ist {language}. Warte auf ein weiteres Telegramm …",
  found: "Gefunden: {language} mit {setting}.",
  foundAsked: "Gefunden: {language} mit {setting}; der Zähler spricht, wenn er gefragt wird.",
  dataBaud: "Nach der Eröffnung spricht er mit {baud} Baud.",
  heardCount: "Gehört: {telegrams} Telegramme, {faults} fehlerhafte; {seconds} s.",
  "proof.checksum": "Geprüft durch: die Prüfsumme der Telegramme.",
  "proof.parity": "Geprüft durch: die Parität jedes Zeichens. Dieser Zähler sendet keine Prüfsumme.",
  "proof.repetition":
    "Geprüft durch: dieselben Register kamen zweimal. Dieser Zähler sendet keine Prüfsumme, ein Wert kann also falsch sein.",
  meter: "Zähler: {meter}",
  model: "Art: {model}",
  maker: "Hersteller: {maker}",
  receiver: "Empfänger: {receiver}; die Telegramme kommen in seinen Rahmen.",
  unit: "Modbus-Adresse: {unit}. Modbus nennt das Modell nicht: Sehen Sie auf dem Typenschild nach und wählen Sie die Registertabelle.",
  unitKnown: "Modbus-Adresse: {unit}.",
  "kind.sure": "Er sagt von sich, er sei: {title} (map {map}).",
  "kind.looks":
    "Nach seinen Registern könnte er sein: {title} (map {map}). Vergleichen Sie das Typenschild und die Messwerte mit dem Display.",
  "kind.sunspec": "Er spricht SunSpec; seine Modelle: {models}.",
  readings: "Erste Messwerte. Was zeigt das Display?",
  noKey:
    "Die Messwerte sind verschlüsselt. Fragen Sie den Versorger nach dem Schlüssel des Zählers, dann: hasen probe {port} --key HEX",
  wrongKey:
    "Die Messwerte sind verschlüsselt, und der angegebene Schlüssel öffnet sie nicht. Prüfen Sie Schlüssel und Zählernummer.",
  reduced:
    "Der Zähler sendet nur den reduzierten Datensatz: ganze kWh und keine Leistung. Fragen Sie den Messstellenbetreiber nach der PIN, geben Sie sie mit einer Taschenlampe an der optischen Taste ein und stellen Sie „INF“ auf „on“.",
  config: "Für gateway.yaml:",
  configDevice: "Oder für die device.yaml eines Geräts:",
  dump: "Alles Gehörte steht in {file}. Noch einmal abspielen: hasen decode {language} --hex {file}",
  unknown: "Unbekannt: {bytes} Bytes wurden gehört, und nichts davon hat eine Prüfsumme, die stimmt.",
  heardAt: "  {setting}: {rate} Bytes/s, {printable} % davon könnten Text sein",
  rate: "Der Sender spricht vielleicht mit {baud} Baud.",
  rare: "Gesendet wird nur alle {every} s, wie bei Funkzählern: Lassen Sie der Suche mehr Zeit: hasen probe {port} --seconds {seconds}",
  "unknown.next":
    "Weiter: Befestigen Sie den Lesekopf so, dass kein Tageslicht hineinkommt, und halten Sie andere Kabel fern. Dann noch einmal, länger: hasen probe {port} --seconds 180. Bleibt es unbekannt, schicken Sie die Aufzeichnung an den Support.",
  nothing: "In {seconds} s war nichts zu hören.",
  asked: "Gefragt nach: {languages}. Niemand hat geantwortet.",
  notAsked: "Niemand wurde gefragt (--listen).",
  "nothing.led":
    "1. Sitzt der richtige Kopf am richtigen Zähler? Ein Kopf, der sendet, leuchtet beim Fragen.",
  "nothing.ring":
    "2. Setzen Sie den Kopf auf die optische Schnittstelle vorn (INFO-Schnittstelle, ein Metallring), Kabel nach unten; drehen Sie ihn langsam um einige Grad. Sein Magnet muss ihn halten.",
  "nothing.wake":
    "3. Zähler mit dunklem Display schlafen: Wecken Sie sie mit einer Taschenlampe an der optischen Taste oder mit ihrem Taster. Neue Zähler senden sofort; manche erst, wenn die PIN eingegeben ist und „INF“ auf „on“ steht.",
  "nothing.other": "{number}. {language}: {advice}.",
  "nothing.next": "Dann noch einmal: hasen probe {port} --seconds 120",
  stopped: "Nach {seconds} s abgebrochen; das ist bisher bekannt.",
  ports: "Serielle Anschlüsse:",
  "port.free": "frei",
  "port.passing": "kein fester Name: Nach einem Neustart kann es ein anderer Adapter sein",
  choose: "Welcher? hasen probe ANSCHLUSS",
  only: "Es gibt einen seriellen Anschluss: {port}",
  gone: "Der Anschluss verschwand während der Suche.",
};
