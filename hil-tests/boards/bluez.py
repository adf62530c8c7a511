"""BlueZ without a radio: python-dbusmock's bluez5 template, with devices that have a Nordic UART service. Orders come as JSON lines on
standard input; what the other side does goes out the same way on standard output."""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
import dbusmock
from dbusmock import mockobject
from gi.repository import GLib

DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
UART = "6e40000%d-b5a3-f393-e0a9-e50e24dcca9e"


def describe_signal():
    """BlueZ says in its introspection that properties change; the mock sends that signal without saying so, and node-ble then misses it."""

    @dbus.service.signal(dbus.PROPERTIES_IFACE, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    mock = mockobject.DBusMockObject
    table = mock._dbus_class_table[mock.__module__ + "." + mock.__name__]
    table.setdefault(dbus.PROPERTIES_IFACE, {})["PropertiesChanged"] = PropertiesChanged


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


def changed(path, interface, name, value):
    """As BlueZ tells it: also a dictionary, which UpdateProperties of the mock refuses."""
    target = mockobject.objects[path]
    target.props[interface][name] = value
    target.EmitSignal(dbus.PROPERTIES_IFACE, "PropertiesChanged", "sa{sv}as", [interface, {name: value}, []])


def octets(text):
    return dbus.Array([dbus.Byte(byte) for byte in bytes.fromhex(text)], signature="y", variant_level=1)


def device_path(address):
    return "/org/bluez/hci0/dev_" + address.replace(":", "_")


def connected(path, address, value):
    mockobject.objects[path].connected = value
    changed(path, DEVICE, "Connected", dbus.Boolean(value, variant_level=1))
    changed(path, DEVICE, "ServicesResolved", dbus.Boolean(value, variant_level=1))
    say("connected" if value else "disconnected", address=address)


def add_device(main, address, uart=True, refuses=None, **_):
    main.AddDevice("hci0", address, "test")
    path = device_path(address)

    def connect(_device):
        if refuses is not None:
            raise dbus.exceptions.DBusException("refused", name=refuses)
        if mockobject.objects[path].connected:
            raise dbus.exceptions.DBusException("Already Connected", name="org.bluez.Error.AlreadyConnected")
        connected(path, address, True)

    device = mockobject.objects[path]
    device.AddMethods(DEVICE, [
        ("Connect", "", "", connect),
        ("Disconnect", "", "", lambda _device: connected(path, address, False)),
    ])
    if uart:
        add_uart(main, path, address)


def add_uart(main, path, address):
    service = path + "/service000b"
    main.AddObject(service, SERVICE, {"UUID": UART % 1, "Primary": True, "Device": dbus.ObjectPath(path)}, [])

    def written(_characteristic, value, options):
        say("written", address=address, hex=bytes(value).hex(), type=str(options.get("type", "")))

    for number, flags in ((2, ["write", "write-without-response"]), (3, ["notify"])):
        main.AddObject(
            "%s/char%04x" % (service, number),
            CHARACTERISTIC,
            {
                "UUID": UART % number,
                "Flags": dbus.Array(flags, signature="s"),
                "Notifying": False,
                "Service": dbus.ObjectPath(service),
                "Value": dbus.Array([], signature="y"),
            },
            [
                ("WriteValue", "aya{sv}", "", written),
                ("StartNotify", "", "", lambda _characteristic: say("listening", address=address)),
                ("StopNotify", "", "", ""),
            ],
        )


def advertise(address, service=None, maker=None, **_):
    path = device_path(address)
    if service is not None:
        data = {uuid: octets(text) for uuid, text in service.items()}
        changed(path, DEVICE, "ServiceData", dbus.Dictionary(data, signature="sv", variant_level=1))
    if maker is not None:
        data = {dbus.UInt16(int(number)): octets(text) for number, text in maker.items()}
        changed(path, DEVICE, "ManufacturerData", dbus.Dictionary(data, signature="qv", variant_level=1))


def obey(main, order):
    kind = order.pop("do")
    if kind == "adapter":
        main.AddAdapter(order["name"], "test")
    elif kind == "no adapter":
        main.RemoveAdapterWithDevices(order["name"])
    elif kind == "power":
        changed("/org/bluez/" + order["name"], "org.bluez.Adapter1", "Powered", dbus.Boolean(order["on"], variant_level=1))
    elif kind == "device":
        add_device(main, **order)
    elif kind == "say":
        changed(device_path(order["address"]) + "/service000b/char0003", CHARACTERISTIC, "Value", octets(order["hex"]))
    elif kind == "advertise":
        advertise(**order)
    elif kind == "drop":
        connected(device_path(order["address"]), order["address"], False)
    say("done", order=kind)


def main():
    dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
    describe_signal()
    bus = dbus.bus.BusConnection(sys.argv[1])
    name = dbus.service.BusName("org.bluez", bus, allow_replacement=True, replace_existing=True, do_not_queue=True)
    root = dbusmock.mockobject.DBusMockObject(name, "/", dbusmock.mockobject.OBJECT_MANAGER_IFACE, {}, "/dev/null", True)
    root.AddTemplate("bluez5", {})
    mockobject.objects["/"] = root
    loop = GLib.MainLoop()

    def read(source, _condition):
        line = source.readline()
        if not line:
            loop.quit()
            return False
        obey(root, json.loads(line))
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, read)
    say("ready")
    loop.run()


main()
