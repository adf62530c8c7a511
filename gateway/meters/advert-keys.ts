import { mac, text } from "../config/schema.ts";

/** The keys of a sensor that a Bluetooth adapter hears. */

export function adapter() {
  return text({
    about: { en: "Bluetooth adapter that hears it", de: "Bluetooth-Adapter, der ihn hört" },
    default: "hci0",
    maxLength: 16,
  });
}

export function sensorAddress() {
  return mac({
    about: { en: "Bluetooth address of the sensor", de: "Bluetooth-Adresse des Sensors" },
    example: "C2:71:35:02:EE:B8",
  });
}

/** Languages whose port is no serial line. */
export function isAdvertLanguage(language: string): language is "bthome" | "ruuvi" {
  return language === "bthome" || language === "ruuvi";
}
