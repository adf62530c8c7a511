/** How V8 is to run a gateway: tens of thousands of short-lived buffers a second, in as little memory as it takes. */
import { setFlagsFromString } from "node:v8";

/**
 * Both are asked by V8 whenever they matter, so that they hold from here on. To be called once, before anything runs; what it gives
 * back is to be called when the gateway is up.
 */
export function fitRuntime(): () => void {
  // Freed by another thread, small buffers leave malloc's fast lists: each new one then costs three times as much.
  setFlagsFromString("--no-concurrent-array-buffer-sweeping");
  // What a start reads through would make the young generation grow to 32 MB, which stay; load may, for then they spare collections.
  setFlagsFromString("--semi-space-growth-factor=1");
  return () => setFlagsFromString("--semi-space-growth-factor=2");
}
