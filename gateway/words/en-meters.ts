/** What is said of meters directly on the gateway, in English; de-meters.ts says the same in German. */
export const enMeters = {
  "CFG-025.what": "At least one of these keys must stand in {place}: {keys}.",
  "CFG-025.why": "Without any of them nothing would ever come.",
  "CFG-025.next": "Add a line such as: {example}",

  "expected.device": "a device's name (at least two parts of a-z and 0-9 with hyphens between them)",
  "expected.mbusAddress": "1 to 250, or the eight digits of a meter's id",
  "expected.meterId": "a meter's id, eight digits",

  "MTR-065.what": "The meter “{name}” in the config has the name of a device.",
  "MTR-065.why":
    "The device has its key already, and two with one name could not be told apart. What a gateway reads by itself gets a key of its own.",
  "MTR-065.next":
    "Give the meter another name in the config; or, if the device is gone for good, move “{file}” away.",
  "MTR-066.what": "“{path}” does not begin with a key.",
  "MTR-066.why":
    "The first line of a meter's key file is its key: {digits} hexadecimal digits and nothing else.",
  "MTR-066.next": "Ask whoever runs the meter for its key, and write it into the file on one line.",
  "MTR-077.what": "The meter “{name}” is revoked.",
  "MTR-077.why": "hasen device revoke was used on it, so nothing it says counts.",
  "MTR-077.next":
    "Take it out of the config; or, if it is to be heard again, give it a new key: hasen device replace {name}",
  "MTR-078.what": "“{path}” holds a meter's key, but others can read it.",
  "MTR-078.why": "Its rights are {mode}; whoever has this key can read what the meter sends.",
  "MTR-078.next": "Take the rights away with: chmod 600 {path}",

  "silence.noBytes": "{label}: nothing came for {seconds} s: {advice}",
  "silence.noMeasurement": "{label}: {bytes} bytes but no measurement in {seconds} s: {advice}",

  "SIM-064.what": "A {language} meter of the profile {profile} sends nothing by itself.",
  "SIM-064.why": "It waits to be asked, so there is no one telegram to give.",
  "SIM-064.next": "Leave out --once, and ask it at the pseudo-terminal the command names.",
  "SIM-069.what": "No pseudo-terminal could be made.",
  "SIM-069.why": "A helper program makes it: socat, or else python3. Neither is installed here.",
  "SIM-069.next": "Install one: sudo apt-get install socat. Or give a serial port that is there with --port.",
  "SIM-065.what": "Where should a network server tell of its sensors?",
  "SIM-065.why": "LoRaWAN sensors reach a gateway over MQTT, so a broker is needed.",
  "SIM-065.next": "Name one: hasen simulate lorawan --port mqtt://127.0.0.1:1883",
  "SIM-070.what": "No Bluetooth sensor can be simulated here.",
  "SIM-070.why":
    "It needs a message bus and BlueZ's stand-in on it: dbus-daemon, python3-dbusmock and python3-gi.",
  "SIM-070.next": "Install them: sudo apt-get install dbus python3-dbusmock python3-gi",
  "SIM-071.what": "The broker at {url} does not take messages.",
  "SIM-071.why": "Nobody answers there as a broker does, or it lets nobody in without a name.",
  "SIM-071.next": "Start one, for example: mosquitto -p 1883",
  "simulate.advertises":
    "A {language} sensor ({profile}) advertises as {address}, without radio, on a message bus of its own.",
  "simulate.tryBus":
    "In gateway.yaml: {config}\nIn another terminal: DBUS_SYSTEM_BUS_ADDRESS={bus} hasen gateway --config gateway.yaml",
  "simulate.publishes": "A network server ({server}) tells of two sensors at {url}.",
  "simulate.tryBroker": "In gateway.yaml: {config}",
  "USE-007.what": "What stands behind {option} is not hexadecimal.",
  "USE-007.why":
    "It is written with the digits 0-9 and a-f alone, two for each byte. It is not shown here, because it may be a secret.",
  "USE-007.next": "Copy it again, without blanks, hyphens or 0x in front: a key of 16 bytes has 32 digits.",
  "simulate.speaks": "A {language} meter ({profile}) speaks at {path}, {line}.",
  "simulate.waits": "A {language} meter ({profile}) waits at {path}, {line}, until it is asked.",
  "simulate.tryDecode":
    "In another terminal: {example}\nor: hasen probe {path}\nOr in gateway.yaml: {config}",
  "simulate.tryGateway": "In another terminal: hasen probe {path}\nOr in gateway.yaml: {config}",
  "simulate.others": "Profiles: {profiles}.",
  "simulate.end": "Ctrl-C ends it.",

  "device.local":
    "{name} is read by the gateway itself: it takes the new key within a second, and no file is written.",
} as const;
