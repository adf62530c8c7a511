import type { enBle } from "./en-ble.ts";

/** Von Bluetooth-Strecken. */
export const deBle: Readonly<Record<keyof typeof enBle, string>> = {
  "BLE-066.what": "Es gibt keinen Bluetooth-Adapter „{adapter}“.",
  "BLE-066.why": "Diese sind jetzt da: {adapters}.",
  "BLE-066.next": "Nennen Sie einen davon, oder lassen Sie `adapter` weg: Dann wird der erste genommen.",
  "BLE-067.what": "Es gibt keinen Bluetooth-Adapter.",
  "BLE-067.why": "Der Bluetooth-Dienst des Systems läuft, kennt aber keinen.",
  "BLE-067.next":
    "Stecken Sie einen ein. Auf einem Raspberry Pi: sehen Sie nach, ob „dtoverlay=disable-bt“ in /boot/firmware/config.txt steht.",
  "BLE-068.what": "Der Nachrichtenbus des Systems (D-Bus) ist nicht zu erreichen.",
  "BLE-068.why": "Er läuft nicht, oder dieses Programm läuft in einem Container ohne Zugang zu ihm.",
  "BLE-068.next":
    "Tippen Sie „systemctl status dbus“. Einem Container geben Sie /run/dbus/system_bus_socket.",
  "BLE-069.what": "Der Bluetooth-Dienst des Systems antwortet nicht.",
  "BLE-069.why": "Er ist nicht installiert, oder er läuft nicht.",
  "BLE-069.next":
    "Tippen Sie „sudo apt install bluez“, dann „sudo systemctl enable --now bluetooth“. Sonst muss nichts neu gestartet werden.",
  "BLE-070.what": "Der Bluetooth-Adapter „{adapter}“ ist ausgeschaltet.",
  "BLE-070.why": "Jemand oder eine Einstellung des Systems hat ihn ausgeschaltet.",
  "BLE-070.next": "Tippen Sie „sudo rfkill unblock bluetooth“, dann „bluetoothctl power on“.",
  "BLE-074.what": "Der Bluetooth-Adapter „{adapter}“ tut nicht, worum er gebeten wurde.",
  "BLE-074.why": "Der Bluetooth-Dienst sagt: {reason}.",
  "BLE-074.next":
    "Es wird wieder versucht. Wenn es so bleibt, tippen Sie „sudo systemctl restart bluetooth“.",
  "BLE-077.what": "Keine Berechtigung, Bluetooth zu benutzen.",
  "BLE-077.why": "Der Nachrichtenbus lässt den Benutzer {user} nicht mit dem Bluetooth-Dienst sprechen.",
  "BLE-077.next":
    "Tippen Sie „sudo adduser $USER bluetooth“, melden Sie sich ab und wieder an; einen Dienst starten Sie neu.",
};
