/** What `hasen build` says, in English; de-build.ts says the same in German. */
export const enBuild = {
  "expected.pin": "a pin as the board's interpreter names it",
  "build.done":
    "{file} for {device} on {board}: {bytes} of {bytesMax} bytes; about {variables} variables at rest, {variablesMost} of {variablesMax} at most, with a full outbox.",
  "build.leanLeft": "Left of what a lean bundle may take: {bytes} bytes, {variables} variables.",
  "build.left": "Left on the board: {bytes} bytes of storage, {variables} variables.",

  "BLD-064.what": "There is no board called “{board}”.",
  "BLD-064.why": "A bundle is made for one board, whose file says what it has.",
  "BLD-064.next": "Give one of {boards}.",
  "BLD-065.what": "“{text}” is nothing that a board's interpreter runs.",
  "BLD-065.why":
    "The firmware that this device needs has it, and esbuild lets it through or cannot lower it.",
  "BLD-065.next": "Write it otherwise there: {instead}",
  "BLD-066.what": "The bundle for {board} is too large: {amount} of {most} {unit}, {over} too many.",
  "BLD-066.why": "The largest parts are {parts}.",
  "BLD-066.next": "{next}",
  "build.leaveOut":
    "Take fewer sensors, a driver with less in it, an outbox of fewer bytes and frames, or a board with more room: {boards}.",
  "build.leaveOutLean":
    "Lean is 8,192 bytes and 900 variables. Give the outbox fewer bytes and frames, take shorter names, leave out `light` - or leave out `lean`: the whole firmware asks only for the board's room.",
  "BLD-067.what": "The driver “{driver}” cannot be built for {board}.",
  "BLD-067.why": "{reason}",
  "BLD-067.next": "Take another driver, or run this sensor at a Raspberry Pi with `hasen device run`.",
  "BLD-068.what": "{board} must not carry what “{driver}” reads.",
  "BLD-068.why": "{reason}",
  "BLD-068.next": "Take a board that encrypts: {boards}.",
  "BLD-069.what": "Nothing is built for {board}: it runs no bundle.",
  "BLD-069.why": "{reason}",
  "BLD-069.next": "Boards that a bundle is made for: {boards}.",
  "BLD-070.what": "The file is for the board “{written}”, and --board says “{board}”.",
  "BLD-070.why": "Pins and ports are those of one board.",
  "BLD-070.next": "Leave --board away, or give the file of the other board.",
  "BLD-071.what": "The credentials say that this device encrypts, and {board} cannot.",
  "BLD-071.why": "{reason}",
  "BLD-071.next":
    "Enrol it anew with `hasen device new {device} --alg hmac`, or take a board that encrypts: {boards}.",
  "BLD-072.what": "{board} cannot reach its gateway over “{link}”.",
  "BLD-072.why": "{reason}",
  "BLD-072.next": "Give another `link`, or take one of these boards: {boards}.",
  "BLD-073.what": "This board cannot be built lean.",
  "BLD-073.why": "{reason}",
  "BLD-073.next": "Take the line `lean: true` away; the full firmware can do it.",
  "BLD-075.what": "{board} has no room for what its outbox shall spill to flash.",
  "BLD-075.why": "{reason}",
  "BLD-075.next":
    "Ask for less in `outbox.spill.bytes`, take the lines of `spill` away, or take one of these boards: {boards}.",
  "build.spillLean": "The lean firmware keeps its outbox in RAM alone.",
  "build.noSpill": "Its flash has no pages that could be erased beside its files.",
  "build.spillPages": "Pages are used in turn, so it takes two at least: {least} KiB.",
  "build.spillRoom": "It takes {needed} KiB, and beside two slots of firmware {left} KiB are left.",
  "fault.worn.means": "The board's flash may not be erased again for now, or has had all that it takes.",
  "fault.worn.next":
    "Messages wait in RAM meanwhile. Lengthen `batch.delay`, or allow more with `outbox.spill.wear`.",
  "BLD-074.what": "What this meter is to give is not known.",
  "BLD-074.why": "{reason}",
  "BLD-074.next":
    "Name it at the sensor, as in `channels: [{ quantity: activeEnergyImported, decimals: 1 }]`. What a meter sends, `hasen probe` shows at a computer; this driver reads: {channels}.",
  "build.noChannels":
    "A board's bundle is made for columns that are known when it is built, and such a meter may measure anything.",
  "build.fineChannel": "{quantity} with {decimals} decimals needs more than the 32 bits of a pack.",
  "build.noSalvage": "A board takes an SML telegram whole or not at all: leave `salvage` away.",
  "build.leanCrypto": "The lean firmware encrypts with AES, and takes SHA-256 from the board's interpreter.",
  "build.leanLink": "The lean firmware speaks over a serial line.",
  "build.leanSensor":
    "The lean firmware reads one sensor at an I2C bus, without dead bands and without warming up.",
  "build.meter":
    "What it sends is decided by the meter's first telegram; a board's bundle is made for columns that are known when it is built.",
  "build.noBus": "The board has no {bus}.",
  "build.linux": "It runs Linux: the same firmware starts there with `hasen device run`.",
  "build.firmata": "It lends its inputs to a Raspberry Pi, and the firmware runs on that.",
  "build.noAes": "Its interpreter has no AES.encrypt, so what it sends can be read by anybody.",
  "build.noBle": "It has no Bluetooth.",
  "build.noUart": "It has no serial port.",
  "build.noWifi":
    "Its interpreter joins no Wi-Fi by itself: where the board has a network at all, that needs a module that no bundle carries.",
  "BLD-077.what": "{board} cannot sleep deeply like this.",
  "BLD-077.why": "{reason}",
  "BLD-077.next": "Take the line `deepSleep: true` away.",
  "build.sleepsAlone": "It sleeps by itself while nothing is due, and has no switch for more.",
  "build.sleepDeaf":
    "What comes while it sleeps is not heard: neither MQTT nor a sensor at a serial port can wait for that.",
  "build.sleepLean": "The lean firmware has no room for it.",
  "build.noTls":
    "A board speaks plain MQTT; what it sends is sealed all the same. Write the URL with mqtt://.",
  "build.wifiPassword": "The password of a Wi-Fi has 8 to 63 characters; this one has {length}.",
  "build.enableTwice": "{port} has one transceiver, and its sensors name two pins as `driverEnable`.",
  "build.portTwice": "{port} is the port of a sensor too.",
  "build.makeKey": "`hasen device new NAME` makes a device at the gateway, and writes this file.",
  "build.noCount":
    "A count of pulses must survive a power cut, and flash gives its room back only when it is tidied up: a board for it has {least} KiB of storage or more.",
};
