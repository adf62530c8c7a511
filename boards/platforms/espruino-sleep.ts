declare const setDeepSleep: (sleep: boolean) => void;

/**
 * Lets an STM32 board (Pico, WiFi) stop its clocks between ticks: about 30 uA for 35 mA. Serial ports hear nothing meanwhile, so this is
 * for boards with I2C sensors and pulses whose link is not a serial line. Other chips have no such switch.
 */
export function sleepDeeply(): void {
  setDeepSleep(true);
}
