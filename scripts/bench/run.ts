/** The program behind `npm run bench`. */
import { benchCommand } from "./command.ts";
import { benches } from "./index.ts";

process.exitCode = await benchCommand(process.argv.slice(2), benches, process);
