import { afterEach } from "vitest";

/** What tests of this file have begun: pushed here, it is ended behind each test, the last first. */
export function endsOfTests(): (() => unknown)[] {
  const ends: (() => unknown)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) {
      await end();
    }
  });
  return ends;
}
