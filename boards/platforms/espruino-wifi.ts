import type { EspruinoGlobal, EspruinoWifi } from "./espruino-globals.ts";
import type { Network } from "./espruino-mqtt-link.ts";

/** The network of a board with Wi-Fi in its interpreter (ESP32 family). It is joined when it is asked for; an empty password is none. */
export function espruinoWifi(ssid: string, password: string): Network {
  const wifi = (globalThis as unknown as EspruinoGlobal).require("Wifi") as EspruinoWifi;
  return (isUp) => {
    wifi.connect(ssid, password === "" ? {} : { password: password }, (error) => {
      if (error === null || error === undefined) {
        isUp();
      }
    });
  };
}
