/** The program behind `npm run bench`. */
import { benchCommand } from "./command.ts";
import { benches } from "./index.ts";
import { loadArgument } from "./load.ts";
import { serveLoad } from "./load-process.ts";

if (process.argv[2] === loadArgument) {
  serveLoad();
} else {
  process.exitCode = await benchCommand(process.argv.slice(2), benches, process);
}
