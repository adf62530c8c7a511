import { randomBytes } from "node:crypto";
import { nodeCrypto } from "../../protocols/crypto-node.ts";
import { type Fault, fault } from "../../protocols/fault.ts";
import type { Link } from "../../protocols/link.ts";
import type { Platform, Storage, Uart } from "../platform.ts";
import { LinuxClock } from "./linux-clock.ts";
import { modbusTcpUart, tcpScheme } from "./modbus-tcp-line.ts";
import { SerialLine } from "./serial-line.ts";
import { serialPulse } from "./serial-pulse.ts";

/** A Raspberry Pi or any other Linux machine. */
export interface LinuxParts {
  readonly board: string;
  /** serial-link.ts or mqtt-link.ts. */
  readonly link: Link;
  /** linux-storage.ts, held by this process. */
  readonly storage: Storage;
  /** Whether the system's clock is right without the kernel's word for it. */
  readonly clockTrusted: boolean;
  readonly onIdentify: (duration: number) => void;
  readonly onRestart: () => void;
}

/** A meter's line is opened anew after this long without a byte, ms. */
const uartSilence = 60_000;

export function linuxPlatform(parts: LinuxParts): Platform {
  return {
    board: parts.board,
    clock: new LinuxClock({ trusted: parts.clockTrusted }),
    random: { bytes: (count) => new Uint8Array(randomBytes(count)) },
    storage: parts.storage,
    crypto: nodeCrypto,
    link: parts.link,
    indicator: { identify: parts.onIdentify },
    i2c: (bus) => noI2c(bus),
    uart: (port) => linuxUart(port),
    pulse: (pin) => (pin.startsWith("/dev/") ? serialPulse(pin) : noPin(pin)),
    analog: (pin) => noPin(pin),
    restart: parts.onRestart,
  };
}

/** The line at this place: a serial port at a path, or `tcp://host:port` behind which Modbus/TCP is spoken. */
export function linuxUart(path: string): Uart {
  return path.startsWith(tcpScheme) ? modbusTcpUart(path) : serialUart(path);
}

function serialUart(path: string): Uart {
  let line: SerialLine | null = null;
  return {
    open: (settings, onBytes, onState) => {
      line?.close();
      line = new SerialLine({ path, settings, silence: uartSilence, onBytes, onState });
    },
    write: (bytes) => void line?.write(bytes),
    change: (baud) => line?.change(baud),
    close: () => line?.close(),
  };
}

/** Node reaches I2C only through a native module that has to be compiled on the spot, which no installation here may need. */
function noI2c(bus: string): Fault {
  return fault(
    "unsupported",
    `${bus}: I2C on Linux is not built yet; attach this sensor to a board, or to an Arduino named under firmata in device.yaml (its bus is called firmata)`,
  );
}

function noPin(pin: string): Fault {
  return fault(
    "unsupported",
    `${pin}: this machine's pins are not read; attach this sensor to a board, to an Arduino named under firmata in device.yaml, or an S0 output to a serial port`,
  );
}
