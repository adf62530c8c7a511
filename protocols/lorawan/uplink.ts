/**
 * Gateway only: a device's message as a LoRaWAN network server hands it on over MQTT. Two servers' JSON is read: ChirpStack 4
 * (`application/+/device/+/event/up`; integration.UplinkEvent) and The Things Stack 3 (`v3/+/devices/+/up`; ApplicationUp). Both leave
 * out or keep members that are 0, so what is not there is 0.
 */
import { type Fault, fault, isFault } from "../fault.ts";
import { decodeJson, isJsonNumber, isJsonObject, type JsonValue } from "../json.ts";

export interface NetworkUplink {
  /** 16 lower-case hex digits. */
  readonly devEui: string;
  /** 1 to 255: the application's. */
  readonly port: number;
  /** Frame counter. It rises with each message, and begins anew when the device joins again. */
  readonly counter: number;
  /** FRMPayload, decrypted. At most 242 bytes (LoRaWAN regional parameters). */
  readonly bytes: Uint8Array;
  /** When the network had it, ISO 8601; null where it does not say. */
  readonly time: string | null;
}

/** Characters of one message: many radio gateways may have heard it. */
const uplinkTextMax = 65536;
const payloadMax = 242;

/** Faults: "limit", "syntax", "truncated" as of the JSON; "unsupported" for what is no uplink with application data. */
export function parseUplink(text: string): NetworkUplink | Fault {
  if (text.length > uplinkTextMax) {
    return fault("limit", "an uplink of " + String(text.length) + " characters");
  }
  const value = decodeJson(text);
  if (isFault(value)) {
    return value;
  }
  const stack = member(value, "uplink_message");
  return stack === undefined
    ? uplink({
        devEui: member(member(value, "deviceInfo"), "devEui"),
        port: member(value, "fPort"),
        counter: member(value, "fCnt"),
        payload: member(value, "data"),
        time: member(value, "time"),
      })
    : uplink({
        devEui: member(member(value, "end_device_ids"), "dev_eui"),
        port: member(stack, "f_port"),
        counter: member(stack, "f_cnt"),
        payload: member(stack, "frm_payload"),
        time: member(stack, "received_at") ?? member(value, "received_at"),
      });
}

type Found = JsonValue | undefined;

function uplink(found: {
  devEui: Found;
  port: Found;
  counter: Found;
  payload: Found;
  time: Found;
}): NetworkUplink | Fault {
  const { time } = found;
  const devEui = typeof found.devEui === "string" ? found.devEui.toLowerCase() : "";
  if (!/^[0-9a-f]{16}$/.test(devEui)) {
    return fault("unsupported", "no uplink of ChirpStack 4 or The Things Stack 3: no device EUI in it");
  }
  const port = whole(found.port, 255);
  const counter = whole(found.counter, 4294967295);
  const bytes = typeof found.payload === "string" ? fromBase64(found.payload) : new Uint8Array(0);
  if (port === null || counter === null || bytes === null || bytes.length > payloadMax) {
    return fault("syntax", devEui + ": port, counter or payload are not of their form");
  }
  if (port === 0) {
    return fault("unsupported", devEui + ": no application data, only the network's own");
  }
  return {
    devEui: devEui,
    port: port,
    counter: counter,
    bytes: bytes,
    time: typeof time === "string" ? time : null,
  };
}

function member(value: Found, name: string): Found {
  if (value === undefined || !isJsonObject(value)) {
    return undefined;
  }
  const found = value.members.find((each) => each[0] === name);
  return found === undefined ? undefined : found[1];
}

/** 0 for what is not there; null for what is no whole number from 0 to `most`. */
function whole(value: Found, most: number): number | null {
  if (value === undefined) {
    return 0;
  }
  const number = isJsonNumber(value) && /^\d{1,10}$/.test(value.number) ? Number(value.number) : -1;
  return number < 0 || number > most ? null : number;
}

/** RFC 4648 §4; null for what is none. */
function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    return null;
  }
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) {
    bytes[i] = binary.charCodeAt(i);
  }
  return bytes;
}
