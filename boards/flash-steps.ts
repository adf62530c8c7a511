import type { Flash } from "./board.ts";

/** How the interpreter (or Firmata, or Linux) gets onto a board, for people. From the vendors' pages; no step was tried on a soldered board. */

function nordicDfu(en: string, de: string): Flash {
  return {
    route: "nordic-dfu",
    steps: {
      en: [
        "Download the board's .zip from espruino.com/Download onto a phone or laptop",
        en,
        "Open nRF Connect (or nRF Device Firmware Update), connect to DfuTarg and send it the .zip; keep it within a metre",
      ],
      de: [
        "Die .zip-Datei der Platine von espruino.com/Download auf ein Telefon oder den Laptop laden",
        de,
        "nRF Connect (oder nRF Device Firmware Update) öffnen, mit DfuTarg verbinden und die .zip-Datei senden; höchstens einen Meter entfernt",
      ],
    },
  };
}

export const puckJsDfu = nordicDfu(
  "Take the battery out, hold the button down, put the battery in, let go within three seconds: the green light stays on",
  "Batterie herausnehmen, Taste gedrückt halten, Batterie einsetzen, innerhalb von drei Sekunden loslassen: Das grüne Licht bleibt an",
);

export const pixlJsDfu = nordicDfu(
  "Hold BTN1 (top left) while power comes on, until the display names the bootloader",
  "BTN1 (oben links) gedrückt halten, während die Versorgung angeht, bis die Anzeige den Bootloader nennt",
);

export const mdbt42qDfu = nordicDfu(
  "Hold the button of the breakout (or D0 at 3.3 V on a bare module) while power comes on",
  "Die Taste der Trägerplatine gedrückt halten (beim bloßen Modul D0 an 3,3 V), während die Versorgung angeht",
);

export const bangleDfu = nordicDfu(
  "Hold the side button until the watch restarts, and on until the bar is full and the bootloader shows",
  "Die Seitentaste halten, bis die Uhr neu startet, und weiter, bis der Balken voll ist und der Bootloader erscheint",
);

export const joltDfu = nordicDfu(
  "Hold the button while power comes on, until the light shows that the bootloader waits",
  "Die Taste gedrückt halten, während die Versorgung angeht, bis das Licht zeigt, dass der Bootloader wartet",
);

export const stm32: Flash = {
  route: "stm32-dfu",
  steps: {
    en: [
      "Hold the button while you plug in USB, until red and green light take turns: the bootloader waits on a serial port",
      "Send the .bin of espruino.com/Download with the Espruino Web IDE (Settings, Flasher)",
      "If it does not answer any more: bridge BOOT0 and BTN, plug in with the button held, and use dfu-util",
    ],
    de: [
      "Die Taste gedrückt halten und USB einstecken, bis Rot und Grün sich abwechseln: Der Bootloader wartet an einem seriellen Anschluss",
      "Die .bin-Datei von espruino.com/Download mit der Espruino Web IDE senden (Einstellungen, Flasher)",
      "Wenn sie gar nicht mehr antwortet: BOOT0 und BTN brücken, mit gedrückter Taste einstecken, und dfu-util nehmen",
    ],
  },
};

export const espRom: Flash = {
  route: "esp-rom",
  steps: {
    en: [
      "Connect USB. A board without automatic reset: hold BOOT, press EN (or RESET), let go of BOOT",
      "Give the path of the image for this chip from espruino.com/Download to `hasen flash`",
    ],
    de: [
      "USB anschließen. Platinen, die sich nicht selbst zurücksetzen: BOOT halten, EN (oder RESET) drücken, BOOT loslassen",
      "`hasen flash` den Pfad des Abbilds für diesen Chip von espruino.com/Download geben",
    ],
  },
};

function uf2(en: string, de: string): Flash {
  return {
    route: "uf2",
    steps: {
      en: [en, "Copy the .uf2 of espruino.com/Download onto that drive; the board restarts by itself"],
      de: [
        de,
        "Die .uf2-Datei von espruino.com/Download auf dieses Laufwerk kopieren; die Platine startet von selbst neu",
      ],
    },
  };
}

export const xiaoUf2 = uf2(
  "Connect USB and press RESET twice, quickly: a drive appears",
  "USB anschließen und RESET zweimal schnell drücken: Ein Laufwerk erscheint",
);

export const rp2040Uf2 = uf2(
  "Hold BOOTSEL while you plug in USB: the drive RPI-RP2 appears",
  "BOOTSEL gedrückt halten und USB einstecken: Das Laufwerk RPI-RP2 erscheint",
);

export const microbitDrive: Flash = {
  route: "drive",
  steps: {
    en: [
      "Connect USB: the drive MICROBIT appears",
      "Copy the .hex of espruino.com/Download for micro:bit 2 onto it; the board restarts by itself",
    ],
    de: [
      "USB anschließen: Das Laufwerk MICROBIT erscheint",
      "Die .hex-Datei von espruino.com/Download für den micro:bit 2 darauf kopieren; die Platine startet von selbst neu",
    ],
  },
};

export const sdImage: Flash = {
  route: "sd-image",
  steps: {
    en: [
      "Write Raspberry Pi OS Lite (64 bit) onto the card with Raspberry Pi Imager",
      "Install Node.js 20 or newer and this product, then `hasen device run --config device.yaml`",
    ],
    de: [
      "Raspberry Pi OS Lite (64 Bit) mit dem Raspberry Pi Imager auf die Karte schreiben",
      "Node.js 20 oder neuer und dieses Produkt installieren, dann `hasen device run --config device.yaml`",
    ],
  },
};

export const avr: Flash = {
  route: "avr",
  steps: {
    en: [
      "Arduino IDE: File, Examples, Firmata, StandardFirmata; choose the board and its port; Upload",
      "Plug it into the Raspberry Pi, and name its port under `firmata` in device.yaml",
    ],
    de: [
      "Arduino IDE: Datei, Beispiele, Firmata, StandardFirmata; die Platine und ihren Anschluss wählen; Hochladen",
      "An den Raspberry Pi stecken, und ihren Anschluss in device.yaml unter `firmata` nennen",
    ],
  },
};
