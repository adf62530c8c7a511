/** The ways of a board to its gateway, as its installation names them; `hasen build` reads them, boards never see them. */
import { type Static, Type } from "@sinclair/typebox";
import { about, group, path } from "./schema-parts.ts";

export const serialPorts = ["Serial1", "Serial2", "Serial3", "Serial4", "Serial5", "Serial6", "USB"];

/** Bytes of a name in an advert of 31 beside its flags (Bluetooth Core Supplement, part A §1.2, §1.3). */
export const bleNameMax = 26;

export function pin(en: string, de: string, example: string) {
  return Type.Unsafe<string>({ type: "string", form: "pin", about: about(en, de), example: example });
}

export function port(names: readonly string[], en: string, de: string) {
  return Type.Unsafe<string>({ enum: names, about: about(en, de), example: names[0] });
}

export const rx = pin("Pin on which the board receives", "Pin, an dem die Platine empfängt", "D28");
export const tx = pin("Pin on which the board sends", "Pin, an dem die Platine sendet", "D29");

const serial = group(
  {
    port: port(serialPorts, "Serial port to the gateway", "Serieller Anschluss zum Gateway"),
    rx: Type.Optional(rx),
    tx: Type.Optional(tx),
    baud: Type.Integer({
      minimum: 300,
      maximum: 4000000,
      default: 115200,
      about: about("Speed of the line in baud", "Geschwindigkeit der Leitung in Baud"),
    }),
  },
  about("Serial line to the gateway", "Serielle Leitung zum Gateway"),
);

const ble = group(
  {
    interval: Type.Unsafe<number>({
      type: "string",
      form: "duration",
      about: about(
        "Time between two adverts while nobody is connected",
        "Zeit zwischen zwei Anzeigen, solange niemand verbunden ist",
      ),
      least: "100 ms",
      most: "10 s",
      default: "1 s",
    }),
  },
  about(
    "Bluetooth LE: the board tells that it is there, and the gateway connects",
    "Bluetooth LE: Die Platine zeigt an, dass sie da ist, und das Gateway verbindet sich",
  ),
);

const wifi = group(
  {
    network: Type.String({
      minLength: 1,
      maxLength: 32,
      about: about("Name of the Wi-Fi network (SSID)", "Name des WLANs (SSID)"),
      example: "city-iot",
    }),
    passwordFile: Type.Optional(
      path(
        about(
          "File whose first line is its password; without it the network has none",
          "Datei, deren erste Zeile sein Passwort ist; ohne sie hat das Netz keines",
        ),
        { example: "./wifi.password" },
      ),
    ),
  },
  about("Wi-Fi that the board joins", "WLAN, dem die Platine beitritt"),
);

const mqtt = group(
  {
    url: Type.Unsafe<string>({
      type: "string",
      form: "broker",
      about: about("The gateway's broker", "Der Broker des Gateways"),
      example: "mqtt://192.168.1.20:1883",
    }),
    wifi: wifi,
  },
  about("MQTT to the gateway over Wi-Fi", "MQTT zum Gateway über WLAN"),
);

export type SerialBoardLink = { kind: "serial" } & Static<typeof serial>;
export type BleBoardLink = { kind: "ble" } & Static<typeof ble>;
export type MqttBoardLink = { kind: "mqtt" } & Static<typeof mqtt>;
export type BoardLink = SerialBoardLink | BleBoardLink | MqttBoardLink;

/** In the order in which messages list them. */
export const boardLinks = [
  { kind: "serial", schema: serial },
  { kind: "ble", schema: ble },
  { kind: "mqtt", schema: mqtt },
] as const;
