import { modbusMaps } from "../../protocols/modbus-maps/index.ts";
import { ModbusBus } from "./modbus-bus.ts";
import { MapUnit } from "./modbus-unit.ts";
import type { Simulator } from "./simulator.ts";

const usual = "sdm630";

/** Unit 1 on a line of its own, with the registers of the profile. */
export const modbusSimulator: Simulator = {
  language: "modbus",
  line: { baud: 9600, form: "8N1" },
  profiles: [usual, ...modbusMaps.map(({ name }) => name).filter((name) => name !== usual)],
  period: 1000,
  decode: "",
  settings: (profile) => `map: ${profile}, baud: 9600, parity: none`,
  create: ({ profile, seed }) => {
    const map = modbusMaps.find(({ name }) => name === profile)!;
    const unit = new MapUnit(map, { number: 1, seed });
    const bus = new ModbusBus({ 1: unit });
    return {
      step: (ms) => unit.step(ms),
      telegram: () => null,
      receive: (bytes) => bus.receive(bytes).map((piece) => ({ pause: piece.after, bytes: piece.bytes })),
    };
  },
};
