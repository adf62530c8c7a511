/** LoRaWAN sensors: parking bays, air, soil, levels, as a network server (ChirpStack, The Things Stack) hands their messages on over MQTT. */
import { lorawanCodecs } from "../../protocols/lorawan/index.ts";
import { brokerKeys } from "../broker.ts";
import { brokerUrl, choice, eui } from "../config/schema.ts";
import { meterKind } from "./meter-kind.ts";

const { username, passwordFile, caFile, protocol } = brokerKeys;

export const definition = meterKind("lorawan", {
  driver: () => "lorawan-sensor",
  about: {
    en: "LoRaWAN sensor behind a network server",
    de: "LoRaWAN-Sensor hinter einem Netzwerkserver",
  },
  keys: {
    port: brokerUrl({
      about: {
        en: "Broker on which the network server tells what it hears",
        de: "Broker, auf dem der Netzwerkserver sagt, was er hört",
      },
      example: "mqtt://127.0.0.1:1884",
    }),
    username,
    passwordFile,
    caFile,
    protocol,
    devEui: eui({
      about: {
        en: "The sensor's DevEUI, as its label or the network server shows it",
        de: "DevEUI des Sensors, wie das Etikett oder der Netzwerkserver sie zeigt",
      },
      example: "AC233FC0FE000017",
    }),
    codec: choice(
      lorawanCodecs.map(({ name }) => name),
      {
        about: { en: "What its bytes mean: its model", de: "Was seine Bytes bedeuten: sein Modell" },
        example: "bosch-tps110",
      },
    ),
  },
});
