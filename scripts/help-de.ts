/** German for each sentence of the help, by its English (help.ts). */
export const german: Readonly<Record<string, string>> = {
  "Usage:": "Aufruf:",
  "Options:": "Optionen:",
  "Commands:": "Befehle:",
  "Arguments:": "Argumente:",
  "Examples:": "Beispiele:",

  "From the meter's optical head to the city's broker: authenticated, buffered, nothing lost unnamed.":
    "Vom Lesekopf am Zähler bis zum Broker der Stadt: auf Echtheit geprüft, gepuffert, und was fehlt, hat einen Namen.",
  "print the version": "die Version ausgeben",
  "language of what people read": "Sprache dessen, was Menschen lesen",
  "show this help": "diese Hilfe zeigen",
  "read a recorded meter line": "eine Aufzeichnung der Zählerleitung lesen",
  "find out what speaks on a line": "herausfinden, was an einer Leitung spricht",
  "make a device and its keys": "ein Gerät und seine Schlüssel anlegen",
  "read the meter, send to the gateway": "den Zähler lesen, an das Gateway senden",
  "build a board's firmware and bring it there": "die Firmware einer Platine bauen und aufspielen",
  "receive, keep, forward": "empfangen, aufbewahren, weiterleiten",
  "as it runs": "läuft, wie es hier steht",

  "Turn a meter's bytes into readings, as NDJSON on stdout.":
    "Macht aus den Bytes eines Zählers Messwerte, als NDJSON auf stdout.",
  "the input is text with one telegram per line, in hexadecimal":
    "die Eingabe ist Text, je Zeile ein Telegramm in hexadezimalen Ziffern",
  "key of encrypted telegrams": "Schlüssel verschlüsselter Telegramme",
  "authentication key of encrypted DLMS telegrams":
    "Authentifizierungsschlüssel verschlüsselter DLMS-Telegramme",
  "address of the sensor that sent encrypted BTHome data":
    "Adresse des Sensors, der verschlüsselte BTHome-Daten gesendet hat",
  "of wireless meters: whose frames the telegrams are in, e.g. im871a":
    "bei Funkzählern: in wessen Rahmen die Telegramme stecken, z. B. im871a",
  "name the registers of this Modbus meter, e.g. sdm630":
    "die Register dieses Modbus-Zählers benennen, z. B. sdm630",
  "SML on a bad line: also whole messages of telegrams that are damaged, marked as salvaged":
    "SML an schlechter Leitung: auch unversehrte Nachrichten beschädigter Telegramme, als geborgen gekennzeichnet",
  "SML: leave the wrong sign of power of DZG DVS74 meters as it is sent":
    "SML: das falsche Vorzeichen der Leistung von DZG-DVS74-Zählern lassen, wie es gesendet wird",
  "for people: every byte with its meaning, in place of the readings":
    "für Menschen: jedes Byte mit seiner Bedeutung, statt der Messwerte",
  "with --explain: as JSON lines": "mit --explain: als JSON-Zeilen",
  "one line of JSON for each telegram": "je Telegramm eine Zeile JSON",
  "one telegram a line, as hexadecimal text": "je Zeile ein Telegramm, als hexadezimaler Text",
  "what every byte means": "was jedes Byte bedeutet",
  "a live line": "eine Leitung, während sie spricht",

  "Receive from devices, keep on disk, forward to the city.":
    "Empfängt von Geräten, bewahrt auf der Platte auf, leitet an die Stadt weiter.",
  "the gateway's config (YAML)": "die Konfiguration des Gateways (YAML)",
  "only validate the config and the registry": "nur die Konfiguration und die Geräteliste prüfen",
  "with --check: the result as JSON": "mit --check: das Ergebnis als JSON",
  "form of the log lines": "Form der Protokollzeilen",
  "validate the config, start nothing": "die Konfiguration prüfen, nichts starten",
  "run until SIGTERM or Ctrl-C": "läuft bis SIGTERM oder Strg-C",

  "Make, run and retire devices.": "Geräte anlegen, betreiben und außer Dienst stellen.",
  "run the firmware on this computer": "die Firmware auf diesem Rechner ausführen",
  "Run the firmware on a Raspberry Pi or any Linux computer.":
    "Führt die Firmware auf einem Raspberry Pi oder einem anderen Linux-Rechner aus.",
  "the device's config (YAML)": "die Konfiguration des Geräts (YAML)",
  "only validate the config": "nur die Konfiguration prüfen",
  "Make a device: a random key, the gateway's entry, the device's file.":
    "Legt ein Gerät an: zufälliger Schlüssel, Eintrag im Gateway, Datei des Geräts.",
  "the gateway's config (YAML): where its registry is":
    "die Konfiguration des Gateways (YAML): wo seine Geräteliste liegt",
  "the result as JSON, on the last line of stdout": "das Ergebnis als JSON, in der letzten Zeile von stdout",
  "where the device's files go": "wohin die Dateien des Geräts kommen",
  "full device URN; default urn:dev:ops:<name>": "vollständige URN des Geräts; sonst urn:dev:ops:<Name>",
  "envelope: ccm encrypts, hmac only authenticates":
    "Umschlag: ccm verschlüsselt, hmac sichert nur die Echtheit",
  "Give a device new keys; the old ones are refused at once.":
    "Gibt einem Gerät neue Schlüssel; die alten gelten ab sofort nicht mehr.",
  "Refuse a device from now on.": "Weist ein Gerät ab sofort ab.",
  "Ask a board on a cable how it is: epoch, outbox, faults, slot, last reading.":
    "Fragt eine Platine am Kabel, wie es ihr geht: Epoche, Ausgangspuffer, Fehler, Platz, letzter Messwert.",
  "the serial port; not needed where there is only one":
    "der serielle Anschluss; unnötig, wo es nur einen gibt",
  "speed of the console; USB has none": "Baudrate der Konsole; USB hat keine",
  "as JSON": "als JSON",
  "the device, whose keys open its console": "das Gerät, dessen Schlüssel seine Konsole öffnen",
  "holds the password of a console that is locked": "enthält das Kennwort einer verschlossenen Konsole",
  "a board that is locked": "eine verschlossene Platine",

  "Find out how a meter's line is set and what it speaks. It listens first, then asks.":
    "Findet heraus, wie die Leitung eines Zählers eingestellt ist und was er spricht. Hört erst zu, fragt dann.",
  "how long at most": "wie lange höchstens",
  "only listen, ask nobody": "nur zuhören, niemanden fragen",
  "the result as JSON": "das Ergebnis als JSON",
  "where to keep all that was heard (default: a new file for temporary files)":
    "wohin alles kommt, was gehört wurde (sonst: eine neue Datei im Ordner für vorübergehende)",
  "keep nothing": "nichts aufheben",
  "key of a meter that encrypts": "Schlüssel eines Zählers, der verschlüsselt",
  "authentication key of a DLMS meter that encrypts":
    "Authentifizierungsschlüssel eines DLMS-Zählers, der verschlüsselt",
  "which ports there are; probes the only one": "welche Anschlüsse es gibt; untersucht den einzigen",
  "what speaks there, at which speed, and its first readings":
    "was dort spricht, wie schnell, und die ersten Messwerte",

  "Ask the running gateway what is missing; exit 1 when something is.":
    "Fragt das laufende Gateway, was fehlt; Rückgabewert 1, wenn etwas fehlt.",
  "the gaps as JSON": "die Lücken als JSON",
  "which messages are missing, device by device": "welche Nachrichten fehlen, Gerät für Gerät",

  "Be a meter of this language: real bytes, at a pseudo-terminal or a serial port.":
    "Ist ein Zähler dieser Sprache: echte Bytes, an einem Pseudoterminal oder einem seriellen Anschluss.",
  "make or way of speaking; the command names those there are":
    "Fabrikat oder Sprechweise; der Befehl nennt, welche es gibt",
  "a serial port that is there, instead of a pseudo-terminal; of lorawan: the URL of a broker":
    "ein vorhandener serieller Anschluss statt eines Pseudoterminals; bei lorawan: die URL eines Brokers",
  "speed of the line, instead of the language's usual one": "Baudrate, statt der üblichen der Sprache",
  "chance of each byte to be lost, 0 to 1": "Wahrscheinlichkeit, dass ein Byte verloren geht, 0 bis 1",
  "seed of load and noise": "Startwert von Last und Störungen",
  "how much faster the meter's own time passes": "wievielmal schneller die Zeit des Zählers vergeht",
  "one telegram, to stdout or the port, then the end":
    "ein Telegramm, nach stdout oder an den Anschluss, dann Schluss",
  "a meter at a pseudo-terminal, until Ctrl-C; it says where, and what to type next":
    "ein Zähler an einem Pseudoterminal, bis Strg-C; er sagt, wo, und was als Nächstes zu tippen ist",
  "one telegram": "ein Telegramm",
  "a meter that waits to be asked, at the other end of a real cable":
    "ein Zähler, der auf Fragen wartet, am anderen Ende eines echten Kabels",
  "a Bluetooth sensor without radio, on a message bus of its own":
    "ein Bluetooth-Sensor ohne Funk, an einem eigenen Nachrichtenbus",
  "a network server that tells of a parking bay and a room":
    "ein Netzwerkserver, der von einem Stellplatz und einem Raum erzählt",

  "Look at what waits on the disk, also while the gateway runs. Changes nothing.":
    "Zeigt, was auf der Platte wartet, auch während das Gateway läuft. Ändert nichts.",
  "how full, how far each sink is behind": "wie voll, wie weit jede Senke zurückliegt",
  "the newest messages, and those that come": "die neuesten Nachrichten und die, die kommen",
  "read everything, name what is damaged": "alles lesen, benennen, was beschädigt ist",
  "records as lines": "Messwerte als Zeilen",
  "How full it is, how far each sink is behind, what it cost the card.":
    "Wie voll er ist, wie weit jede Senke zurückliegt, was er die Karte gekostet hat.",
  "the gateway's config (YAML): where its spool is":
    "die Konfiguration des Gateways (YAML): wo sein Puffer liegt",
  "the figures as JSON": "die Zahlen als JSON",
  "The newest messages.": "Die neuesten Nachrichten.",
  "how many messages": "wie viele Nachrichten",
  "go on with those that come, until Ctrl-C": "mit denen weitermachen, die kommen, bis Strg-C",
  "one message a line, with its records, as JSON": "je Zeile eine Nachricht mit ihren Messwerten, als JSON",
  "the last ten messages": "die letzten zehn Nachrichten",
  "Read everything and name what does not hold.": "Liest alles und benennt, was nicht stimmt.",
  "the findings as JSON": "die Befunde als JSON",
  "exit code 1 when something is damaged": "Rückgabewert 1, wenn etwas beschädigt ist",
  "Records and gaps as NDJSON, one a line, as the file sink writes them.":
    "Messwerte und Lücken als NDJSON, je Zeile einer, wie die Dateisenke sie schreibt.",
  "not what came before: 2026-11-23, 2026-11-23T14:00:00Z, or '2 h' ago":
    "nichts, was früher kam: 2026-11-23, 2026-11-23T14:00:00Z, oder vor '2 h'",
  "only what came before": "nur, was früher kam",
  "only this device": "nur dieses Gerät",
  "the same: it is JSON already": "dasselbe: es ist schon JSON",
  everything: "alles",

  "Make the firmware of one device for its board, as one JavaScript file.":
    "Baut die Firmware eines Geräts für seine Platine, als eine JavaScript-Datei.",
  "what the device is: sensors, pins, link, credentials":
    "was das Gerät ist: Sensoren, Pins, Verbindung, Zugangsdaten",
  "the board, where the file must be for this one": "die Platine, wenn die Datei für diese sein muss",
  "where to write it (default: <device>.<board>.js in this folder)":
    "wohin damit (sonst: <Gerät>.<Platine>.js in diesem Ordner)",
  "size, hash, estimated variables and parts as JSON":
    "Größe, Prüfsumme, geschätzte Variablen und Teile als JSON",
  "writes pb-pole-17.puck-js.js, and says what is left on the board":
    "schreibt pb-pole-17.puck-js.js und sagt, was auf der Platine frei bleibt",
  "the same to pole.js, with its size, hash and parts as JSON":
    "dasselbe nach pole.js, mit Größe, Prüfsumme und Teilen als JSON",

  "Bring firmware onto a board over its serial console, prove it, and keep a way back.":
    "Spielt Firmware über die serielle Konsole auf eine Platine, prüft sie und hält den Weg zurück offen.",
  "which board it is, e.g. puck-js": "welche Platine es ist, z. B. puck-js",
  "the device: its firmware is built and brought there; or a folder of them":
    "das Gerät: seine Firmware wird gebaut und aufgespielt; oder ein Ordner davon",
  "in its place, what hasen build has written": "an seiner Stelle: was hasen build geschrieben hat",
  "bring the interpreter itself: its makers' images, as file or file@address":
    "den Interpreter selbst aufspielen: Abbilder seines Herstellers, als Datei oder Datei@Adresse",
  "how long to wait for the first acknowledged message":
    "wie lange auf die erste bestätigte Nachricht gewartet wird",
  "then the next board, and the next, until Ctrl-C": "dann die nächste Platine, und die nächste, bis Strg-C",
  "say what would be done, write nothing": "sagen, was geschähe, nichts schreiben",
  "let the board tidy up its flash; a power cut then can lose files":
    "die Platine ihren Flash aufräumen lassen; ein Stromausfall kann dabei Dateien kosten",
  "delete boot code that is not ours": "fremden Startcode löschen",
  "the program has new keys: go on although the board has lost its count of epochs":
    "das Programm hat neue Schlüssel: weitermachen, obwohl die Platine ihre Epochen nicht mehr weiß",
  "build the device's firmware and bring it onto its board":
    "die Firmware des Geräts bauen und auf seine Platine spielen",
  "one board after the other, each the next device of a folder of installations":
    "eine Platine nach der anderen, jede das nächste Gerät eines Ordners",
  "the interpreter itself onto a new chip": "den Interpreter selbst auf einen neuen Chip",

  "Let the light of a board on a cable blink.": "Lässt das Licht einer Platine am Kabel blinken.",
  "how long": "wie lange",
  "which of the boards it is": "welche der Platinen es ist",
  "What a board prints, line by line, until Ctrl-C.":
    "Was eine Platine ausgibt, Zeile für Zeile, bis Strg-C.",
};
