/** In the place of worker-timers, which mqtt loads everywhere and uses in browsers only. */
export const setInterval = globalThis.setInterval;
export const clearInterval = globalThis.clearInterval;
