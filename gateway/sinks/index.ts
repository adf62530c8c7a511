/** The kinds of sinks, one line each, alphabetical. */
import { definition as file } from "./file.ts";
import { definition as mqtt } from "./mqtt.ts";

export const sinks = [file, mqtt] as const;
