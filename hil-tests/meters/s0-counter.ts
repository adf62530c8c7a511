/** Counts the pulses of a serial port as a device does, for tests that kill it: a process that says its reading after each change. */
import { LinuxStorage } from "../../boards/platforms/linux-storage.ts";
import { serialPulse } from "../../boards/platforms/serial-pulse.ts";
import { realTimers } from "../../boards/platforms/timers.ts";
import { s0Meter } from "../../firmware/drivers/s0-meter.ts";
import { keepEvery } from "../../firmware/pulse-count.ts";
import { pulseSensor } from "../../firmware/pulse-sensor.ts";

const [port, folder] = process.argv.slice(2);
const clock = { monotonic: () => realTimers.monotonic(), unix: () => null };
const sensor = pulseSensor(
  s0Meter,
  { debounce: 5 },
  { clock, storage: new LinuxStorage(folder), name: "pulses", keepEvery, open: () => serialPulse(port) },
  { onFault: (bad) => console.error(bad.detail), onNews: () => {} },
);
const refused = sensor.open(clock.monotonic());
if (refused !== null) {
  throw new Error(refused.detail);
}
let told: unknown = null;
setInterval(() => {
  const value = sensor.fresh(clock.monotonic())?.values[0];
  if (value !== told) {
    told = value;
    console.log(String(value));
  }
}, 5);
