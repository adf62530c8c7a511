/** Of Bluetooth links. */
export const enBle = {
  "BLE-066.what": "There is no Bluetooth adapter “{adapter}”.",
  "BLE-066.why": "These are there now: {adapters}.",
  "BLE-066.next": "Name one of them, or leave out `adapter`: then the first is taken.",
  "BLE-067.what": "There is no Bluetooth adapter.",
  "BLE-067.why": "The system's Bluetooth service runs, and knows of none.",
  "BLE-067.next":
    "Plug one in. On a Raspberry Pi, look whether “dtoverlay=disable-bt” stands in /boot/firmware/config.txt.",
  "BLE-068.what": "The system's message bus (D-Bus) cannot be reached.",
  "BLE-068.why": "It does not run, or this program runs in a container that has no access to it.",
  "BLE-068.next": "Type “systemctl status dbus”. For a container, give it /run/dbus/system_bus_socket.",
  "BLE-069.what": "The system's Bluetooth service does not answer.",
  "BLE-069.why": "It is not installed, or does not run.",
  "BLE-069.next":
    "Type “sudo apt install bluez”, then “sudo systemctl enable --now bluetooth”. Nothing else has to be restarted.",
  "BLE-070.what": "The Bluetooth adapter “{adapter}” is switched off.",
  "BLE-070.why": "A person or the system's settings have switched it off.",
  "BLE-070.next": "Type “sudo rfkill unblock bluetooth”, then “bluetoothctl power on”.",
  "BLE-074.what": "The Bluetooth adapter “{adapter}” does not do what it was asked.",
  "BLE-074.why": "The Bluetooth service says: {reason}.",
  "BLE-074.next": "It is tried again. If it goes on, type “sudo systemctl restart bluetooth”.",
  "BLE-077.what": "No permission to use Bluetooth.",
  "BLE-077.why": "The message bus lets the user {user} not speak with the Bluetooth service.",
  "BLE-077.next": "Type “sudo adduser $USER bluetooth”, then log out and in again; a service is restarted.",
} as const;
