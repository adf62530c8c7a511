/** The text of a board's way to its gateway, and of what becomes of its console meanwhile. */
import { connectPacket, name, subscribePacket } from "../../boards/platforms/espruino-mqtt-packets.ts";
import { type BleBoardLink, bleNameMax, type MqttBoardLink } from "../../firmware/board-link.ts";
import { shortName } from "../../gateway/config/forms.ts";
import { downTopic, upTopic } from "../../gateway/links/topics.ts";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { consolePassword, mqttPassword } from "../../protocols/envelope.ts";
import type { EntryOrder } from "./entry-text.ts";
import { byteLiteral } from "./literals.ts";

export interface LinkText {
  readonly imports: string;
  /** An expression that gives the link. */
  readonly make: string;
  /** What is done with the console once the device has booted. */
  readonly console: string;
}

/** For so long after a start a wired console is there, ms, beside frames over Bluetooth; then it no longer costs current. */
const wiredConsole = 15 * 60_000;

export function linkText(order: EntryOrder): LinkText {
  const { link } = order.settings;
  const password = byteLiteral(consolePassword(nodeCrypto, order.installation));
  const locked = `lockConsole(${password}, null);`;
  switch (link.kind) {
    case "serial":
      return {
        imports: 'import { espruinoSerialLink } from "./boards/platforms/espruino-serial-link.ts";',
        make: `espruinoSerialLink(${wiringText(link)}, ${link.baud})`,
        console: locked,
      };
    case "ble":
      return {
        imports: 'import { espruinoBleLink } from "./boards/platforms/espruino-ble-link.ts";',
        make: bleText(link, order),
        // Frames come only while Bluetooth is no console, which it else becomes with each connection.
        console: takesConsole(order)
          ? `${locked}
  keepConsole(null);`
          : `lockConsole(${password}, { delay: ${wiredConsole}, then: () => {} });
  keepConsole("${consolePort}");`,
      };
    case "mqtt":
      return {
        imports: `import { espruinoMqttLink } from "./boards/platforms/espruino-mqtt-link.ts";
import { espruinoWifi } from "./boards/platforms/espruino-wifi.ts";`,
        make: mqttText(link, order),
        console: locked,
      };
  }
}

/** Where boards with Bluetooth have their wired console. */
const consolePort = "Serial1";

/** Whether a sensor needs the line of the wired console: then a board on Bluetooth has none. */
function takesConsole({ settings }: EntryOrder): boolean {
  return settings.sensors.some((sensor) => sensor.port === consolePort);
}

function bleText(link: BleBoardLink, { installation }: EntryOrder): string {
  return `espruinoBleLink("${shortName(installation.device).slice(0, bleNameMax)}", ${link.interval})`;
}

function mqttText(link: MqttBoardLink, { installation, wifiPassword }: EntryOrder): string {
  const { hostname, port } = new URL(link.url);
  const device = shortName(installation.device);
  const password = mqttPassword(nodeCrypto, installation);
  return `espruinoMqttLink(
  {
    host: "${hostname}",
    port: ${port === "" ? 1883 : port},
    connect: ${byteLiteral(connectPacket(device, password))},
    subscribe: ${byteLiteral(subscribePacket(downTopic(device)))},
    topic: ${byteLiteral(name(upTopic(device)))},
  },
  espruinoWifi(${byteLiteral(utf8Text(link.wifi.network))}, ${byteLiteral(utf8Text(wifiPassword ?? ""))}),
)`;
}

/** The interpreter's texts are bytes. */
function utf8Text(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** A port with its pins; what is not given is the interpreter's own. */
export function wiringText(wiring: {
  readonly port: string;
  readonly rx?: string;
  readonly tx?: string;
}): string {
  const pins = (["rx", "tx"] as const).filter((pin) => wiring[pin] !== undefined);
  return `{ port: "${wiring.port}"${pins.map((pin) => `, ${pin}: "${wiring[pin]}"`).join("")} }`;
}
