import { drivers } from "./drivers/index.ts";
import { SensorNode } from "./node.ts";

/**
 * What a board's bundle is made of: the core and all drivers, found by the board's start-up code as `dreihasen`. An export would not
 * survive the bundling (boards sheet, build settings), so it is put there by hand.
 */
Object.assign(globalThis, { dreihasen: { SensorNode: SensorNode, drivers: drivers } });
