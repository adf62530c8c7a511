/** The program behind `npm run bench`. */
import { fitRuntime } from "../gateway-runtime.ts";
import { benchCommand } from "./command.ts";
import { benches } from "./index.ts";
import { loadArgument } from "./load.ts";
import { serveLoad } from "./load-process.ts";

if (process.argv[2] === loadArgument) {
  serveLoad();
} else {
  // What is measured in this process, ours and the peer's, runs as in a gateway.
  fitRuntime()();
  process.exitCode = await benchCommand(process.argv.slice(2), benches, process);
}
