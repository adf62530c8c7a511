import type { enBuild } from "./en-build.ts";

export const deBuild: Readonly<Record<keyof typeof enBuild, string>> = {
  "expected.pin": "ein Pin, wie der Interpreter der Platine ihn nennt",
  "build.done":
    "{file} für {device} auf {board}: {bytes} von {bytesMax} Byte; etwa {variables} Variablen in Ruhe, höchstens {variablesMost} von {variablesMax}, bei vollem Ausgang.",
  "build.leanLeft":
    "Von dem, was ein schlankes Bündel haben darf, bleiben {bytes} Byte und {variables} Variablen.",
  "build.left": "Auf der Platine bleiben: {bytes} Byte Speicher, {variables} Variablen.",

  "BLD-064.what": "Eine Platine namens „{board}“ gibt es nicht.",
  "BLD-064.why": "Ein Bündel entsteht für eine Platine, deren Datei sagt, was sie hat.",
  "BLD-064.next": "Geben Sie eine von diesen an: {boards}.",
  "BLD-065.what": "„{text}“ führt der Interpreter einer Platine nicht aus.",
  "BLD-065.why":
    "Die Firmware, die dieses Gerät braucht, enthält es, und esbuild lässt es durch oder kann es nicht umsetzen.",
  "BLD-065.next": "Schreiben Sie es dort anders: {instead}",
  "BLD-066.what": "Das Bündel für {board} ist zu groß: {amount} von {most} {unit}, {over} zu viel.",
  "BLD-066.why": "Die größten Teile sind {parts}.",
  "BLD-066.next": "{next}",
  "build.leaveOut":
    "Nehmen Sie weniger Sensoren, einen kleineren Treiber, einen Ausgang mit weniger Bytes und Nachrichten oder eine Platine mit mehr Platz: {boards}.",
  "build.leaveOutLean":
    "Schlank sind 8.192 Byte und 900 Variablen. Geben Sie dem Ausgang weniger Bytes und Nachrichten, nehmen Sie kürzere Namen, lassen Sie `light` weg - oder lassen Sie `lean` weg: Die ganze Firmware braucht nur den Platz, den die Platine hat.",
  "BLD-067.what": "Den Treiber „{driver}“ kann man nicht für {board} bauen.",
  "BLD-067.why": "{reason}",
  "BLD-067.next":
    "Nehmen Sie einen anderen Treiber, oder betreiben Sie diesen Sensor an einem Raspberry Pi mit `hasen device run`.",
  "BLD-068.what": "{board} darf nicht tragen, was „{driver}“ liest.",
  "BLD-068.why": "{reason}",
  "BLD-068.next": "Nehmen Sie eine Platine, die verschlüsselt: {boards}.",
  "BLD-069.what": "Für {board} wird nichts gebaut: Dort läuft kein Bündel.",
  "BLD-069.why": "{reason}",
  "BLD-069.next": "Platinen, für die ein Bündel entsteht: {boards}.",
  "BLD-070.what": "Die Datei ist für die Platine „{written}“, und --board sagt „{board}“.",
  "BLD-070.why": "Pins und Anschlüsse sind die einer Platine.",
  "BLD-070.next": "Lassen Sie --board weg, oder geben Sie die Datei der anderen Platine an.",
  "BLD-071.what": "Nach den Zugangsdaten verschlüsselt dieses Gerät, und {board} kann das nicht.",
  "BLD-071.why": "{reason}",
  "BLD-071.next":
    "Melden Sie es neu an mit `hasen device new {device} --alg hmac`, oder nehmen Sie eine Platine, die verschlüsselt: {boards}.",
  "BLD-072.what": "{board} kann sein Gateway nicht über „{link}“ erreichen.",
  "BLD-072.why": "{reason}",
  "BLD-072.next": "Geben Sie einen anderen `link` an, oder nehmen Sie eine dieser Platinen: {boards}.",
  "BLD-073.what": "Diese Platine lässt sich nicht schlank bauen.",
  "BLD-073.why": "{reason}",
  "BLD-073.next": "Die Zeile `lean: true` weglassen; die ganze Firmware kann es.",
  "BLD-075.what": "{board} hat keinen Platz für das, was ihr Ausgangspuffer in den Flash auslagern soll.",
  "BLD-075.why": "{reason}",
  "BLD-075.next":
    "Verlangen Sie weniger in `outbox.spill.bytes`, lassen Sie die Zeilen von `spill` weg, oder nehmen Sie eine dieser Platinen: {boards}.",
  "build.spillLean": "Die schlanke Firmware hält ihren Ausgangspuffer allein im RAM.",
  "build.noSpill": "Ihr Flash hat keine Seiten, die sich neben ihren Dateien löschen ließen.",
  "build.spillPages": "Seiten kommen reihum an die Reihe, also braucht es mindestens zwei: {least} KiB.",
  "build.spillRoom": "Es braucht {needed} KiB, und neben zwei Plätzen für Firmware bleiben {left} KiB.",
  "fault.worn.means":
    "Der Flash der Platine darf vorerst nicht wieder gelöscht werden, oder er verträgt es nicht mehr.",
  "fault.worn.next":
    "Nachrichten warten solange im RAM. Verlängern Sie `batch.delay`, oder erlauben Sie mit `outbox.spill.wear` mehr.",
  "BLD-074.what": "Was dieser Zähler liefern soll, ist nicht bekannt.",
  "BLD-074.why": "{reason}",
  "BLD-074.next":
    "Nennen Sie es beim Sensor, etwa `channels: [{ quantity: activeEnergyImported, decimals: 1 }]`. Was ein Zähler sendet, zeigt `hasen probe` an einem Rechner; dieser Treiber liest: {channels}.",
  "build.noChannels":
    "Ein Bündel entsteht für Spalten, die beim Bauen bekannt sind, und ein solcher Zähler kann alles messen.",
  "build.fineChannel": "{quantity} mit {decimals} Nachkommastellen braucht mehr als die 32 Bit eines Packs.",
  "build.noSalvage": "Eine Platine nimmt ein SML-Telegramm ganz oder gar nicht: Lassen Sie `salvage` weg.",
  "build.leanCrypto":
    "Die schlanke Firmware verschlüsselt mit AES und nimmt SHA-256 vom Interpreter der Platine.",
  "build.leanLink": "Die schlanke Firmware spricht über eine serielle Leitung.",
  "build.leanSensor":
    "Die schlanke Firmware liest einen Sensor an einem I2C-Bus, ohne Totband und ohne Aufwärmen.",
  "build.meter":
    "Was er sendet, entscheidet das erste Telegramm des Zählers; ein Bündel entsteht für Spalten, die beim Bauen bekannt sind.",
  "build.noBus": "Die Platine hat kein {bus}.",
  "build.linux": "Dort läuft Linux: Dieselbe Firmware startet da mit `hasen device run`.",
  "build.firmata": "Sie leiht ihre Eingänge einem Raspberry Pi, und die Firmware läuft auf diesem.",
  "build.noAes": "Ihr Interpreter hat kein AES.encrypt, was sie sendet, könnte also jeder lesen.",
  "build.noBle": "Sie hat kein Bluetooth.",
  "build.noUart": "Sie hat keinen seriellen Anschluss.",
  "build.noWifi":
    "Ihr Interpreter tritt von sich aus keinem WLAN bei: Wo die Platine überhaupt ein Netz hat, braucht es ein Modul, das kein Bündel enthält.",
  "BLD-077.what": "{board} kann so nicht tief schlafen.",
  "BLD-077.why": "{reason}",
  "BLD-077.next": "Lassen Sie die Zeile `deepSleep: true` weg.",
  "build.sleepsAlone": "Sie schläft von selbst, solange nichts zu tun ist, und hat keinen Schalter für mehr.",
  "build.sleepDeaf":
    "Was im Schlaf kommt, wird nicht gehört: Weder MQTT noch ein Sensor an einem seriellen Anschluss kann darauf warten.",
  "build.sleepLean": "Die schlanke Firmware hat keinen Platz dafür.",
  "build.noTls":
    "Eine Platine spricht MQTT ohne TLS; was sie sendet, ist trotzdem versiegelt. Schreiben Sie die URL mit mqtt://.",
  "build.wifiPassword": "Das Passwort eines WLANs hat 8 bis 63 Zeichen; dieses hat {length}.",
  "build.enableTwice":
    "{port} hat einen Transceiver, und seine Sensoren nennen zwei Pins als `driverEnable`.",
  "build.portTwice": "{port} ist auch der Anschluss eines Sensors.",
  "build.makeKey": "`hasen device new NAME` legt am Gateway ein Gerät an und schreibt diese Datei.",
  "build.noCount":
    "Ein Zählerstand muss einen Stromausfall überstehen, und Flash gibt seinen Platz erst beim Aufräumen zurück: Eine Platine dafür hat mindestens {least} KiB Speicher.",
};
