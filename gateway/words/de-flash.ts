import type { enFlash } from "./en-flash.ts";

/** The same sentences in German. */
export const deFlash: Readonly<Record<keyof typeof enFlash, string>> = {
  "FLS-062.what": "{title} nimmt keine Firmware über eine serielle Konsole.",
  "FLS-062.why":
    "Sie hat keinen Interpreter mit einer Konsole: Ihre Firmware kommt auf einem anderen Weg dorthin.",
  "FLS-062.next": "Was dort zu tun ist: {steps}",
  "FLS-063.what": "Eine Platine „{board}“ gibt es nicht.",
  "FLS-063.why": "Bekannt sind: {boards}.",
  "FLS-063.next": "Nennen Sie eine davon mit --board.",
  "FLS-064.what": "„{port}“ kann nach dem nächsten Neustart ein anderer Adapter sein.",
  "FLS-064.why": "Das System zählt Adapter, wie sie kommen. Dieser hat auch einen Namen, der bleibt.",
  "FLS-064.next": "Tippen Sie stattdessen den bleibenden Namen ein: --port {lasting}",
  "FLS-065.what": "Die Platine an {port} ist „{found}“, nicht „{board}“.",
  "FLS-065.why": "Firmware, die für eine andere Platine gebaut ist, würde dort nicht starten.",
  "FLS-065.next": "Stecken Sie die richtige Platine ein, oder nennen Sie die richtige mit --board.",
  "FLS-066.what": "Es gibt nichts, was auf die Platine soll.",
  "FLS-066.why": "Weder --installation noch --bundle wurde angegeben.",
  "FLS-066.next":
    "Nennen Sie die Datei des Geräts mit --installation, oder mit --bundle, was hasen build geschrieben hat.",
  "FLS-067.what": "„{file}“ kann kein Programm für eine Platine sein.",
  "FLS-067.why": "Es hat {bytes} Bytes; möglich sind 1 bis {most}.",
  "FLS-067.next": "Bauen Sie es neu: hasen build --board … --installation …",
  "FLS-068.what": "Die Platine hat Startcode, der nicht von uns ist: {files}.",
  "FLS-068.why":
    "Er würde neben unserer Firmware starten oder an ihrer Stelle, und vielleicht hat niemand sonst eine Kopie davon.",
  "FLS-068.next": "Wenn er nicht mehr gebraucht wird, tippen Sie den Befehl noch einmal mit --replace-boot.",
  "FLS-069.what": "Die Platine an {port} antwortet nicht mehr, oder die Leitung beschädigt, was sie trägt.",
  "FLS-069.why":
    "Ein loser Stecker, eine Platine ohne Strom, oder ein Programm, das die Leitung benutzt. Was vorher auf der Platine lief, ist noch ganz.",
  "FLS-069.next":
    "Prüfen Sie Stecker und Strom, und tippen Sie dann denselben Befehl noch einmal: Er macht weiter, wo er aufgehört hat.",
  "FLS-070.what": "Der Flash der Platine ist voll.",
  "FLS-070.why": "Die Firmware braucht {needed} Bytes, und {free} sind frei, auch nach dem Aufräumen.",
  "FLS-070.next":
    "Löschen Sie auf der Platine Dateien, die nicht gebraucht werden, oder nennen Sie weniger Sensoren.",
  "FLS-071.what": "Im Flash der Platine ist ohne Aufräumen kein Platz mehr.",
  "FLS-071.why":
    "Die Firmware braucht {needed} Bytes am Stück, und {free} sind frei; den Rest halten gelöschte Dateien. Fällt der Strom aus, während der Interpreter aufräumt, können Dateien verloren gehen, auch die laufende Firmware.",
  "FLS-071.next":
    "Sorgen Sie dafür, dass der Strom bleibt und dass, wo der Ausgangspuffer in den Flash auslagert, alles davon angekommen ist (`spill` in `hasen device status`); tippen Sie dann den Befehl noch einmal mit --tidy.",
  "FLS-072.what": "Die Basis-Firmware ist nicht auf den ESP-Chip gekommen.",
  "FLS-072.why": "Sein Loader antwortet nicht oder hat abgebrochen: {reason}",
  "FLS-072.next":
    "Halten Sie BOOT, drücken Sie einmal EN (oder RESET), lassen Sie BOOT los, und tippen Sie den Befehl noch einmal.",
  "FLS-073.what": "Die Basis-Firmware von {title} kommt nicht über einen seriellen Anschluss.",
  "FLS-073.why": "Ihr Chip nimmt sie auf einem anderen Weg.",
  "FLS-073.next": "Was dort zu tun ist: {steps}",
  "FLS-074.what": "Der Flash der Platine hat {file} nicht angenommen.",
  "FLS-074.why":
    "Was zurückgelesen wurde, ist nicht, was gesendet wurde: Der Flash ist verbraucht oder voll. Was vorher auf der Platine lief, ist noch ganz.",
  "FLS-074.next":
    "Tippen Sie den Befehl noch einmal. Wenn er wieder scheitert, nehmen Sie eine andere Platine.",
  "FLS-075.what": "An {port} antwortet keine Espruino-Platine.",
  "FLS-075.why":
    "Die Platine hat keinen Strom oder keinen Interpreter, sie benutzt diese Leitung für ihre Nachrichten, oder dort ist ein anderes Gerät.",
  "FLS-075.next":
    "Drücken Sie ihre Reset-Taste, oder stecken Sie sie neu ein, während der Befehl wartet. Eine neue Platine braucht erst ihre Basis-Firmware: hasen flash --board … --base FILE",
  "FLS-076.what": "Auf der Platine an {port} läuft keine Firmware, die mehr sagen könnte.",
  "FLS-076.why": "Ihr Interpreter antwortet, aber unsere Firmware ist nicht gestartet.",
  "FLS-076.next": "Bringen Sie sie dorthin: hasen flash --board … --port {port} --installation …",
  "FLS-077.what": "Die Konsole der Platine an {port} ist gesperrt.",
  "FLS-077.why": "Jeder könnte dort sonst ihre Schlüssel lesen. Sie fragt nach ihrem Passwort.",
  "FLS-077.next":
    "Nennen Sie das Gerät mit --installation FILE, oder geben Sie das Passwort mit --password FILE.",
  "FLS-078.what": "Es ist nicht klar, welcher serielle Anschluss gemeint ist.",
  "FLS-078.why": "Diese sind da: {ports}.",
  "FLS-078.next": "Nennen Sie einen mit --port.",
  "FLS-079.what": "Die Platine weiß nicht mehr, bei welcher Epoche sie war.",
  "FLS-079.why":
    "Sie hat unter ihren Schlüsseln schon gesendet. Zählte sie von vorn, kämen dieselben Nummern noch einmal, und was sie sendet, ließe sich lesen oder fälschen.",
  "FLS-079.next":
    "Geben Sie dem Gerät mit „hasen device replace“ neue Schlüssel, bauen Sie seine Firmware neu, und tippen Sie den Befehl noch einmal mit --fresh-keys.",
  "FLS-080.what": "„{file}“ ist nicht, was `hasen build` geschrieben hat.",
  "FLS-080.why": "{reason}",
  "FLS-080.next": "Bauen Sie das Bündel neu: hasen build --installation …",
  "FLS-081.what": "Die Schlüssel von {device} sind schon auf einer anderen Platine.",
  "FLS-081.why":
    "Sie sind auf dem Chip {holder} ({note}). Zwei Platinen damit würden dieselben Nummern unter einem Schlüssel senden, und was sie senden, ließe sich lesen oder fälschen.",
  "FLS-081.next":
    "Geben Sie dieser Platine ein eigenes Gerät: hasen device new NAME. Wo es die andere nicht mehr gibt: hasen device replace {device}, dann neu bauen.",
  "FLS-082.what": "Das Bündel ist für die Platine „{written}“, und --board sagt „{board}“.",
  "FLS-082.why": "Pins und Anschlüsse sind die einer Platine.",
  "FLS-082.next": "Bauen Sie es für diese Platine, oder geben Sie den richtigen Namen mit --board an.",
  "FLS-083.what": "Der Ordner {folder} hat keine Installation für noch eine Platine.",
  "FLS-083.why":
    "{count} seiner Dateien sind für „{board}“, und ihre Schlüssel sind schon auf anderen Platinen.",
  "FLS-083.next":
    "Legen Sie für jede Platine ein Gerät an (hasen device new NAME) und daneben je eine Datei.",
  "flash.noHead": "Seine erste Zeile sagt nicht, für welche Platine und welches Gerät es ist.",
  "flash.changed": "Es wurde seitdem verändert: Sein SHA-256 ist ein anderer.",
  "flash.device": "Sie wird {device}.",
  "flash.found": "{title} ({interpreter}) an {port}.",
  "flash.silent":
    "An {port} antwortet noch nichts. Drücken Sie die Reset-Taste der Platine, oder stecken Sie sie neu ein. Ich warte {seconds} s.",
  "flash.already": "Dieses Programm ist schon auf der Platine.",
  "flash.resumed": "{bytes} Bytes sind von einem früheren Versuch da; es geht dahinter weiter.",
  "flash.writing": "schreibe",
  "flash.left": "noch {seconds} s",
  "flash.proved": "{slot}: {bytes} Bytes, zurückgelesen, {hash} stimmt.",
  "flash.dry": "Nichts wurde geschrieben: --dry-run.",
  "flash.wouldWrite": "{bytes} Bytes kämen nach {slot}; {free} Bytes sind frei.",
  "flash.started": "Die Platine startet neu.",
  "flash.waiting": "Ich warte {seconds} s darauf, dass das Gateway ihre erste Nachricht bestätigt.",
  "flash.confirmed": "Bestätigt: Das Gateway hat eine Nachricht der neuen Firmware bestätigt.",
  "flash.unconfirmed":
    "Noch nicht bestätigt. Sobald das Gateway eine Nachricht bestätigt, bleibt die neue Firmware; nach drei Starts ohne das kehrt die Platine zur vorigen zurück.",
  "flash.unconfirmedFirst":
    "Noch nicht bestätigt: Bisher hat das Gateway keine Nachricht bestätigt. Starten Sie das Gateway, und sehen Sie dort nach mit `hasen gaps`.",
  "flash.fellBack": "Die neue Firmware ist nicht gestartet; auf der Platine läuft {slot}, die vorige.",
  "flash.lineInUse":
    "Die Platine benutzt diese Leitung jetzt für ihre Nachrichten, ich kann sie also nicht mehr fragen. Ohne bestätigte Nachricht kehrt sie nach drei Starts zur vorigen Firmware zurück.",
  "flash.batchNext": "Stecken Sie die nächste Platine ein, oder beenden Sie mit Strg-C.",
  "flash.batchUnplug": "Ziehen Sie sie ab.",
  "flash.batchLine": "{number}. {port}: {result}",
  "flash.batchGood": "fertig, {slot}, {seconds} s",
  "flash.batchBad": "gescheitert, {code}",
  "flash.batchEnd": "{good} Platinen sind fertig, {bad} gescheitert.",
  "flash.base": "Basis-Firmware",
  "flash.baseDone": "{chip}: {bytes} Bytes Basis-Firmware, von seinem Loader geprüft.",
  "flash.baseSteps": "Die Basis-Firmware von {title} kommt von Hand dorthin:",
  "console.identify": "Die Platine an {port} blinkt {seconds} s lang.",
  "console.listening": "Ich höre {port} mit {baud} Baud zu. Beenden mit Strg-C.",
  "status.device": "{device} auf {board}, Firmware {firmware}",
  "status.slot": "Slot {slot}, Folge {sequence}, {state}",
  "status.slotConfirmed": "bestätigt",
  "status.slotUnconfirmed": "noch nicht bestätigt",
  "status.slotTrial": "auf Probe, Start {starts} von 3",
  "status.line": "{name}: {value}",
  "status.linux":
    "Auf einem Raspberry Pi oder anderen Linux-Rechner trägt die serielle Leitung seine Nachrichten. Fragen Sie dort: journalctl -u hasen-device, oder das Gateway: hasen gaps",
};
