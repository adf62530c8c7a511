/** Where frames travel on MQTT (WIRE: bytes): `dreihasen/v1/<device>/up` and `/down`. */

export const upFilter = "dreihasen/v1/+/up";

export function upTopic(device: string): string {
  return `dreihasen/v1/${device}/up`;
}

export function downTopic(device: string): string {
  return `dreihasen/v1/${device}/down`;
}

/** The device an up topic names; null for any other topic. What it names is an address, not yet an identity. */
export function deviceOfUpTopic(topic: string): string | null {
  const form = /^dreihasen\/v1\/([a-z0-9][a-z0-9._-]{0,63})\/up$/.exec(topic);
  return form === null ? null : form[1]!;
}
