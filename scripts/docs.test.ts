/** What the READMEs say of configs is made from the schemas. After a change: UPDATE_DOCS=1 npx vitest run scripts/docs */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { drivers } from "../firmware/drivers/index.ts";
import { installationSchema } from "../firmware/installation.ts";
import { configTable } from "../gateway/config/config-table.ts";
import { gatewaySchema } from "../gateway/config.ts";

const tables = [
  { file: new URL("../gateway/README.md", import.meta.url), name: "gateway.yaml", schema: gatewaySchema },
  {
    file: new URL("../firmware/README.md", import.meta.url),
    name: "device.yaml",
    schema: installationSchema(drivers),
  },
];

describe("the docs", () => {
  for (const { file, name, schema } of tables) {
    it(`list every key of ${name} as its schema has it`, () => {
      const text = readFileSync(file, "utf8");
      const table = `<!-- ${name}: made from the schema -->\n${configTable(schema, "en").trim()}\n<!-- end -->`;
      const wanted = text.replace(new RegExp(`<!-- ${name}[^]*?<!-- end -->`), () => table);
      if (process.env["UPDATE_DOCS"] === "1") {
        writeFileSync(file, wanted);
      } else {
        expect(text).toContain(table);
      }
    });
  }
});
