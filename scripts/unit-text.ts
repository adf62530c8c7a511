/** How people write what SenML (RFC 8428 §12.1) and meters call otherwise. */
const written: Readonly<Record<string, string>> = {
  Cel: "°C",
  "%RH": "%",
  "%EL": "%",
  m3: "m³",
  "m3/h": "m³/h",
  "ug/m3": "µg/m³",
  "/": "",
};

/** A unit for people; one that has no other way of being written as it is. */
export function unitText(unit: string): string {
  return written[unit] ?? unit;
}
