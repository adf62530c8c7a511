import type { Device, GattCharacteristic } from "node-ble";
import { encodeFrame, FrameReader } from "../../protocols/framing.ts";
import type { Radio } from "./radio.ts";

/** The Nordic UART service: what goes to the device, and what comes from it (nRF5 SDK, ble_nus). */
const uart = "6e400001-b5a3-f393-e0a9-e50e24dcca9e";
const toDevice = "6e400002-b5a3-f393-e0a9-e50e24dcca9e";
const fromDevice = "6e400003-b5a3-f393-e0a9-e50e24dcca9e";

/** Bytes of one write that every connection carries: the least MTU of 23 less 3 (Bluetooth Core 5.4, Vol 3 part F §3.2.8). */
const chunkMax = 20;
/** Bytes that may wait to go out. A device that misses an acknowledgement sends again. */
const backlogMax = 4096;
const connectMax = 30_000; // ms
const discoverMax = 20_000; // ms
const writeMax = 5000; // ms

export interface PeerListener {
  frame(frame: Uint8Array): void;
  bytes(count: number): void;
  /** Bytes that make no frame, by the fault. */
  refused(reason: string): void;
  /** The connection is gone, and why. */
  lost(reason: string): void;
}

/** One connection to a device's Nordic UART: frames as on a serial line, COBS with checksum. */
export class Peer {
  readonly #radio: Radio;
  readonly #device: Device;
  readonly #listener: PeerListener;
  #input: GattCharacteristic | null = null;
  #output: GattCharacteristic | null = null;
  #command = true;
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  #busy = false;
  #open = true;

  private constructor(radio: Radio, device: Device, listener: PeerListener) {
    this.#radio = radio;
    this.#device = device;
    this.#listener = listener;
  }

  /** Rejects with the problem; null where nobody has heard the device yet. */
  static async connect(radio: Radio, address: string, listener: PeerListener): Promise<Peer | null> {
    const known = await radio.ask(radio.adapter.devices());
    if (!known.includes(address)) {
      return null;
    }
    const device = await radio.ask(radio.adapter.getDevice(address));
    const peer = new Peer(radio, device, listener);
    try {
      await peer.#begin();
    } catch (error) {
      await peer.close();
      throw error;
    }
    return peer;
  }

  /** False where there is no room, or no connection any more. */
  send(frame: Uint8Array): boolean {
    const bytes = encodeFrame(frame);
    if (!this.#open || this.#bytes + bytes.length > backlogMax) {
      return false;
    }
    for (let at = 0; at < bytes.length; at += chunkMax) {
      this.#waiting.push(bytes.subarray(at, at + chunkMax));
    }
    this.#bytes += bytes.length;
    if (!this.#busy) {
      void this.#pump();
    }
    return true;
  }

  async close(): Promise<void> {
    this.#open = false;
    this.#device.removeAllListeners();
    for (const characteristic of [this.#input, this.#output]) {
      forget(characteristic);
    }
    await this.#radio.ask(this.#device.disconnect()).catch(() => undefined);
  }

  async #begin(): Promise<void> {
    const device = this.#device;
    device.on("disconnect", () => this.#lost("it ended the connection, or went out of reach"));
    await this.#radio.ask(device.connect(), connectMax).catch(unlessConnected);
    const gatt = await this.#radio.ask(device.gatt(), discoverMax);
    const service = await gatt.getPrimaryService(uart).catch(() => {
      throw new Error("it has no Nordic UART service: is its firmware ours?");
    });
    const output = await service.getCharacteristic(fromDevice);
    this.#output = output;
    this.#input = await service.getCharacteristic(toDevice);
    this.#command = (await this.#radio.ask(this.#input.getFlags())).includes("write-without-response");
    const reader = new FrameReader();
    output.on("valuechanged", (bytes) => {
      if (this.#open) {
        this.#listener.bytes(bytes.length);
        reader.push(
          new Uint8Array(bytes),
          (frame) => this.#listener.frame(frame),
          (fault) => this.#listener.refused(fault.fault),
        );
      }
    });
    await this.#radio.ask(output.startNotifications());
  }

  async #pump(): Promise<void> {
    this.#busy = true;
    const type = this.#command ? "command" : "request";
    while (this.#open && this.#input !== null) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) {
        break;
      }
      this.#bytes -= chunk.length;
      try {
        await this.#radio.ask(this.#input.writeValue(Buffer.from(chunk), { type }), writeMax);
      } catch {
        this.#lost("it does not take what is sent to it");
      }
    }
    this.#busy = false;
  }

  #lost(reason: string): void {
    if (this.#open) {
      void this.close();
      this.#listener.lost(reason);
    }
  }
}

/** A gateway that starts again finds connections that its forerunner left. */
function unlessConnected(error: unknown): void {
  if (!/AlreadyConnected|already connected/i.test(String(error))) {
    throw error;
  }
}

/** Ends what node-ble listens to on the bus for a characteristic; it does not do so by itself. */
function forget(characteristic: GattCharacteristic | null): void {
  const { helper } = (characteristic ?? {}) as { readonly helper?: { removeListeners(): void } };
  helper?.removeListeners();
}
