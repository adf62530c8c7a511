/** What `hasen probe` says, in English; words-de.ts says the same in German. */
export const en = {
  "trying.listen": "Listening at {setting} …",
  "trying.ask": "Asking for {language} at {setting} …",
  "trying.confirm": "That is {language}. Waiting for another telegram …",
  found: "Found: {language} at {setting}.",
  foundAsked: "Found: {language} at {setting}; it speaks when it is asked.",
  dataBaud: "After the opening it goes on with {baud} baud.",
  heardCount: "Heard: {telegrams} telegrams, {faults} faulty ones; {seconds} s.",
  "proof.checksum": "Checked by: the checksum of the telegrams.",
  "proof.parity": "Checked by: the parity of every character. This meter sends no checksum.",
  "proof.repetition":
    "Checked by: the same registers came twice. This meter sends no checksum, so a value may be wrong.",
  meter: "Meter: {meter}",
  model: "Kind: {model}",
  maker: "Maker: {maker}",
  receiver: "Receiver: {receiver}, whose frames the telegrams come in.",
  unit: "Modbus unit: {unit}. Modbus does not tell the model: look on its plate, then choose the register map.",
  unitKnown: "Modbus unit: {unit}.",
  "kind.sure": "It says that it is: {title} (map {map}).",
  "kind.looks":
    "By its registers it could be: {title} (map {map}). Compare the plate and the readings with the display.",
  "kind.sunspec": "It speaks SunSpec; its models: {models}.",
  readings: "First readings. What does the display show?",
  noKey:
    "Its readings are encrypted. Ask the utility for the meter's key, then: hasen probe {port} --key HEX",
  wrongKey:
    "Its readings are encrypted, and the key that was given does not open them. Check the key and the meter's number.",
  reduced:
    "The meter sends its reduced data set: whole kWh and no power. Ask the utility for the PIN, enter it with a torch at the optical key, then set “INF” to “on”.",
  config: "For gateway.yaml:",
  configDevice: "Or for a device's device.yaml:",
  dump: "All that was heard is in {file}. Play it again: hasen decode {language} --hex {file}",
  unknown: "Unknown: {bytes} bytes were heard, and nothing of it has a checksum that holds.",
  heardAt: "  {setting}: {rate} bytes/s, {printable} % of it could be text",
  rate: "The sender's bit rate may be {baud} baud.",
  rare: "Something is sent every {every} s only, as radio meters do: give the probe longer: hasen probe {port} --seconds {seconds}",
  "unknown.next":
    "Next: fix the optical head so that no daylight gets in, and keep other senders' cables away. Then again, for longer: hasen probe {port} --seconds 180. If it stays unknown, send the dump to support.",
  nothing: "Nothing was heard in {seconds} s.",
  asked: "Asked for: {languages}. Nobody answered.",
  notAsked: "Nobody was asked (--listen).",
  "nothing.led": "1. Is the right head on the right meter? A head that sends lights up when it asks.",
  "nothing.ring":
    "2. Set the head on the optical port at the front (INFO interface, a ring of metal), cable downwards; turn it slowly by some degrees. It must hold by its magnet.",
  "nothing.wake":
    "3. Meters with a display that is dark sleep: wake them with a torch at the optical key, or with their button. New meters send at once; some only after the PIN was entered and “INF” is “on”.",
  "nothing.other": "{number}. {language}: {advice}.",
  "nothing.next": "Then again: hasen probe {port} --seconds 120",
  stopped: "Stopped after {seconds} s; this is what is known so far.",
  ports: "Serial ports:",
  "port.free": "free",
  "port.passing": "not a lasting name: after a restart it may be another adapter",
  choose: "Which one? hasen probe PORT",
  only: "There is one serial port: {port}",
  gone: "The port went away while it was probed.",
} as const;
