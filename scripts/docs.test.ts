/** What the READMEs say of configs and boards is made from the schemas and registries. After a change: UPDATE_DOCS=1 npx vitest run scripts/docs */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { boardTable } from "../boards/board-table.ts";
import { boards } from "../boards/index.ts";
import { computerDrivers } from "../firmware/drivers/computer.ts";
import { installationSchema } from "../firmware/installation.ts";
import { configTable } from "../gateway/config/config-table.ts";
import { gatewaySchema } from "../gateway/config.ts";

const tables = [
  {
    file: new URL("../gateway/README.md", import.meta.url),
    name: "gateway.yaml",
    from: "schema",
    table: configTable(gatewaySchema, "en"),
  },
  {
    file: new URL("../firmware/README.md", import.meta.url),
    name: "device.yaml",
    from: "schema",
    table: configTable(installationSchema(computerDrivers), "en"),
  },
  {
    file: new URL("../boards/README.md", import.meta.url),
    name: "boards",
    from: "registry",
    table: boardTable(boards),
  },
];

describe("the docs", () => {
  for (const { file, name, from, table } of tables) {
    it(`list every row of ${name} as its ${from} has it`, () => {
      const text = readFileSync(file, "utf8");
      const made = `<!-- ${name}: made from the ${from} -->\n${table.trim()}\n<!-- end -->`;
      const wanted = text.replace(new RegExp(`<!-- ${name}[^]*?<!-- end -->`), () => made);
      if (process.env["UPDATE_DOCS"] === "1") {
        writeFileSync(file, wanted);
      } else {
        expect(text).toContain(made);
      }
    });
  }
});
