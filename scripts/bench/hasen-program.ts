import { fileURLToPath } from "node:url";

/** The built product, beside which the bundled benches lie. */
export const hasenProgram = fileURLToPath(new URL("./hasen.mjs", import.meta.url));
