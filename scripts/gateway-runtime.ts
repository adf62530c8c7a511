/** How V8 is to run a gateway: tens of thousands of short-lived buffers a second, in as little memory as it takes. */
import { setFlagsFromString } from "node:v8";

/** Both are asked by V8 whenever they matter, so that they hold from here on. To be called once, before anything runs. */
export function fitRuntime(): void {
  // Freed by another thread, small buffers leave malloc's fast lists: each new one then costs three times as much.
  setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  // The young generation stays at the megabytes of the start. It would grow to 32, and collect no faster for it.
  setFlagsFromString("--semi-space-growth-factor=1");
}
