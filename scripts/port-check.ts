import { realpath } from "node:fs/promises";
import { SerialPort } from "serialport";
import { diagnosePort } from "../gateway/serial-port.ts";

/**
 * Whether a serial port can be used now: opened once and closed again. Rejects with the problem, each of its own: missing, no
 * port, forbidden, in use, failed.
 */
export async function checkPort(port: string, baud: number): Promise<void> {
  const target = await realpath(port).catch(() => port);
  if (!target.startsWith("/dev/pts/")) {
    // A program that did not lock the port would not keep the superuser out. Who made a pseudo-terminal holds it by right.
    const found = await diagnosePort(port);
    if (found.code !== "SER-074") {
      throw found;
    }
  }
  const refused = await tryPort(port, baud);
  if (refused !== null) {
    throw await diagnosePort(port, refused);
  }
}

function tryPort(path: string, baudRate: number): Promise<Error | null> {
  return new Promise((resolve) => {
    const port = new SerialPort({ path, baudRate, autoOpen: false });
    port.open((error) => {
      if (error) {
        resolve(error);
      } else {
        port.close(() => resolve(null));
      }
    });
  });
}
