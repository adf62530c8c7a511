import type { Uart } from "../platform.ts";

declare const digitalWrite: (pin: string, level: number) => void;
declare const digitalPulse: (pin: string, level: number, time: number) => void;

/** Characters for which the driver stays on behind the last one: how long a port takes to begin. The next speaker waits for 3.5 (MODBUS over Serial Line V1.02 §2.5.1.1). */
const guard = 1;

/**
 * A serial port behind an RS-485 transceiver whose driver a pin enables (DE, and /RE with it, so that the board does not hear itself): on before the
 * first bit, off behind the last one. The interpreter tells nobody that a port has sent all (`flush` waits for its buffer, not for its shift register), so
 * the end is reckoned from the speed, and kept by the hardware timer behind `digitalPulse`, however busy the program is.
 */
export function drivenUart(uart: Uart, pin: string): Uart {
  let character = 0; // ms
  return {
    open: (settings, onBytes, onState) => {
      const parity = settings.parity === "none" ? 0 : 1;
      character = ((1 + settings.dataBits + parity + settings.stopBits) * 1000) / settings.baud;
      digitalWrite(pin, 0);
      uart.open(settings, onBytes, onState);
    },
    write: (bytes) => {
      digitalPulse(pin, 1, 0); // waits for the end of a pulse before, which else would be that of this one
      digitalWrite(pin, 1);
      uart.write(bytes);
      digitalPulse(pin, 1, (bytes.length + guard) * character);
    },
    close: uart.close,
  };
}
