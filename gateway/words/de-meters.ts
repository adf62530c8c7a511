import type { enMeters } from "./en-meters.ts";

export const deMeters: Readonly<Record<keyof typeof enMeters, string>> = {
  "CFG-025.what": "In {place} muss mindestens einer dieser Schlüssel stehen: {keys}.",
  "CFG-025.why": "Ohne einen davon käme nie etwas an.",
  "CFG-025.next": "Ergänzen Sie eine Zeile wie: {example}",

  "expected.device":
    "der Name eines Geräts (mindestens zwei Teile aus a-z und 0-9 mit Bindestrichen dazwischen)",
  "expected.mbusAddress": "1 bis 250, oder die acht Ziffern einer Zählernummer",
  "expected.meterId": "die Nummer eines Zählers, acht Ziffern",

  "MTR-065.what": "Der Zähler „{name}“ in der Konfiguration heißt wie ein Gerät.",
  "MTR-065.why":
    "Das Gerät hat seinen Schlüssel schon, und zwei mit einem Namen wären nicht zu unterscheiden. Was ein Gateway selbst liest, bekommt einen eigenen Schlüssel.",
  "MTR-065.next":
    "Geben Sie dem Zähler in der Konfiguration einen anderen Namen; oder räumen Sie „{file}“ fort, wenn es das Gerät nicht mehr gibt.",
  "MTR-066.what": "„{path}“ beginnt nicht mit einem Schlüssel.",
  "MTR-066.why":
    "Die erste Zeile der Schlüsseldatei eines Zählers ist sein Schlüssel: {digits} hexadezimale Ziffern und sonst nichts.",
  "MTR-066.next":
    "Fragen Sie den Betreiber des Zählers nach dem Schlüssel, und schreiben Sie ihn in die Datei, in eine Zeile.",
  "MTR-077.what": "Der Zähler „{name}“ ist gesperrt.",
  "MTR-077.why": "Er wurde mit hasen device revoke gesperrt, also zählt nichts, was er sagt.",
  "MTR-077.next":
    "Nehmen Sie ihn aus der Konfiguration; oder geben Sie ihm einen neuen Schlüssel, wenn er wieder gehört werden soll: hasen device replace {name}",
  "MTR-078.what": "„{path}“ enthält den Schlüssel eines Zählers, aber andere können ihn lesen.",
  "MTR-078.why": "Die Rechte sind {mode}; wer diesen Schlüssel hat, kann lesen, was der Zähler sendet.",
  "MTR-078.next": "Nehmen Sie die Rechte fort mit: chmod 600 {path}",

  "silence.noBytes": "{label}: Seit {seconds} s kam nichts. {advice}.",
  "silence.noMeasurement": "{label}: {bytes} Bytes, aber kein Messwert in {seconds} s. {advice}.",

  "SIM-064.what": "Ein {language}-Zähler des Profils {profile} sendet nichts von selbst.",
  "SIM-064.why": "Er wartet, bis er gefragt wird; ein einzelnes Telegramm gibt es also nicht.",
  "SIM-064.next": "Lassen Sie --once weg, und fragen Sie ihn an dem Pseudoterminal, das der Befehl nennt.",
  "SIM-069.what": "Es ließ sich kein Pseudoterminal anlegen.",
  "SIM-069.why":
    "Ein Hilfsprogramm legt es an: socat, sonst python3. Keines von beiden ist hier installiert.",
  "SIM-069.next":
    "Installieren Sie eines: sudo apt-get install socat. Oder geben Sie mit --port einen vorhandenen seriellen Anschluss an.",
  "SIM-065.what": "Wo soll ein Netzwerkserver von seinen Sensoren berichten?",
  "SIM-065.why": "LoRaWAN-Sensoren erreichen ein Gateway über MQTT, also wird ein Broker gebraucht.",
  "SIM-065.next": "Nennen Sie einen: hasen simulate lorawan --port mqtt://127.0.0.1:1883",
  "SIM-070.what": "Hier lässt sich kein Bluetooth-Sensor simulieren.",
  "SIM-070.why":
    "Dazu gehören ein Nachrichtenbus und auf ihm etwas, das BlueZ vertritt: dbus-daemon, python3-dbusmock und python3-gi.",
  "SIM-070.next": "Installieren Sie sie: sudo apt-get install dbus python3-dbusmock python3-gi",
  "SIM-071.what": "Der Broker an {url} nimmt keine Nachrichten an.",
  "SIM-071.why": "Dort antwortet niemand wie ein Broker, oder er lässt niemanden ohne Namen herein.",
  "SIM-071.next": "Starten Sie einen, zum Beispiel: mosquitto -p 1883",
  "simulate.advertises":
    "Ein {language}-Sensor ({profile}) meldet sich als {address}, ohne Funk, auf einem eigenen Nachrichtenbus.",
  "simulate.tryBus":
    "In gateway.yaml: {config}\nIn einem anderen Terminal: DBUS_SYSTEM_BUS_ADDRESS={bus} hasen gateway --config gateway.yaml",
  "simulate.publishes": "Ein Netzwerkserver ({server}) berichtet an {url} von zwei Sensoren.",
  "simulate.tryBroker": "In gateway.yaml: {config}",
  "USE-007.what": "Was hinter {option} steht, ist nicht hexadezimal.",
  "USE-007.why":
    "Es besteht nur aus den Ziffern 0-9 und a-f, zwei für jedes Byte. Hier wird es nicht gezeigt, weil es geheim sein kann.",
  "USE-007.next":
    "Kopieren Sie es noch einmal, ohne Leerzeichen, Bindestriche oder 0x davor: Ein Schlüssel von 16 Byte hat 32 Ziffern.",
  "simulate.speaks": "Ein {language}-Zähler ({profile}) spricht an {path}, {line}.",
  "simulate.waits": "Ein {language}-Zähler ({profile}) wartet an {path}, {line}, bis er gefragt wird.",
  "simulate.tryDecode":
    "In einem anderen Terminal: {example}\noder: hasen probe {path}\nOder in gateway.yaml: {config}",
  "simulate.tryGateway": "In einem anderen Terminal: hasen probe {path}\nOder in gateway.yaml: {config}",
  "simulate.others": "Profile: {profiles}.",
  "simulate.end": "Strg-C beendet ihn.",

  "device.local":
    "{name} wird vom Gateway selbst gelesen: Es nimmt den neuen Schlüssel binnen einer Sekunde, und keine Datei wird geschrieben.",
};
