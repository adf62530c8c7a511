import type { enDecode } from "./en-decode.ts";

/** What `hasen decode` says when nothing can be read, in German. */
export const deDecode: Readonly<Record<keyof typeof enDecode, string>> = {
  "DEC-065.what": "In „{input}“ steht kein gutes Telegramm nach {protocol}.",
  "DEC-065.why": "{reason}",
  "DEC-065.next": "{next}",
  "decode.nothing.why": "{bytes} Byte wurden gelesen, und kein Telegramm beginnt darin.",
  "decode.nothing.next":
    "Prüfen Sie das Protokoll, und geben Sie --hex an, wenn die Eingabe hexadezimaler Text ist.",
  "decode.faulty.why":
    "In diesen {bytes} Byte beginnen Telegramme, aber jedes hat einen Fehler (insgesamt {count}).",
  "decode.faulty.next":
    "Die Fehler stehen auf stdout. Prüfen Sie, ob der Lesekopf gerade sitzt, und nehmen Sie neu auf.",
  "decode.swallowed.why":
    "In diesen {bytes} Byte beginnen {count} Telegramme, aber kein einziges Byte 03, 04 oder 1a ist darin, und jedes SML-Telegramm endet mit 1a: Der Anschluss, von dem sie aufgenommen wurden, war nicht auf roh gestellt und hat sie verschluckt.",
  "decode.swallowed.next":
    "Nehmen Sie neu von einem rohen Anschluss auf: hasen probe PORT behält, was es hört, oder „stty -F PORT 9600 raw -echo“ vor cat.",
  "decode.input": "Standardeingabe",
};
