/** What `hasen decode` says when nothing can be read, in English; de-decode.ts says the same in German. */
export const enDecode = {
  "DEC-065.what": "There is no good {protocol} telegram in “{input}”.",
  "DEC-065.why": "{reason}",
  "DEC-065.next": "{next}",
  "decode.nothing.why": "{bytes} bytes were read, and no telegram begins among them.",
  "decode.nothing.next": "Check the protocol, and add --hex if the input is hexadecimal text.",
  "decode.faulty.why":
    "Telegrams begin in these {bytes} bytes, but each of them has a fault ({count} in all).",
  "decode.faulty.next":
    "The faults are on stdout. Check that the optical head sits straight, and record again.",
  "decode.swallowed.why":
    "{count} telegrams begin in these {bytes} bytes, but not one byte 03, 04 or 1a is among them, and each SML telegram ends with a 1a: the port they were recorded from was not set raw, and swallowed them.",
  "decode.swallowed.next":
    "Record again from a raw port: hasen probe PORT keeps what it hears, or “stty -F PORT 9600 raw -echo” before cat.",
  "decode.input": "standard input",
};
