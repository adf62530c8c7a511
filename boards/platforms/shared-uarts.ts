import type { Fault } from "../../protocols/fault.ts";
import type { Uart } from "../platform.ts";
import { linuxUart } from "./linux.ts";

interface Listener {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onState: (state: Fault | null) => void;
}

interface SharedUart {
  readonly uart: Uart;
  readonly listeners: Set<Listener>;
  /** As it was told last; undefined before that. */
  state: Fault | null | undefined;
}

/**
 * Serial ports that several devices in one process listen to: one receiver hears many meters. The first to open a port decides its
 * settings; it is closed with the last.
 */
export class SharedUarts {
  readonly #ports = new Map<string, SharedUart>();

  /** One device's share of the port at this path. */
  uart(path: string): Uart {
    let own: Listener | null = null;
    const leave = (): void => {
      if (own !== null) {
        this.#leave(path, own);
        own = null;
      }
    };
    return {
      open: (settings, onBytes, onState) => {
        leave();
        own = { onBytes, onState };
        const known = this.#ports.get(path);
        if (known === undefined) {
          this.#open(path, own, settings);
          return;
        }
        known.listeners.add(own);
        if (known.state !== undefined) {
          onState(known.state);
        }
      },
      write: (bytes) => this.#ports.get(path)?.uart.write(bytes),
      change: (baud) => this.#ports.get(path)?.uart.change?.(baud),
      close: leave,
    };
  }

  #open(path: string, first: Listener, settings: Parameters<Uart["open"]>[0]): void {
    const shared: SharedUart = { uart: linuxUart(path), listeners: new Set([first]), state: undefined };
    this.#ports.set(path, shared);
    shared.uart.open(
      settings,
      (bytes) => {
        for (const { onBytes } of shared.listeners) {
          onBytes(bytes);
        }
      },
      (state) => {
        shared.state = state;
        for (const { onState } of shared.listeners) {
          onState(state);
        }
      },
    );
  }

  #leave(path: string, listener: Listener): void {
    const shared = this.#ports.get(path);
    shared?.listeners.delete(listener);
    if (shared?.listeners.size === 0) {
      this.#ports.delete(path);
      shared.uart.close();
    }
  }
}
