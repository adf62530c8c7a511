import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../../hil-tests/certificates.ts";
import { connectPacket, device, openBroker, raw } from "../../hil-tests/embedded-broker-site.ts";
import { has } from "../../hil-tests/programs.ts";
import { ProblemError } from "../problem.ts";

const tlsHere = has("openssl");
describe.skipIf(!tlsHere)(
  `the gateway's own broker over TLS${tlsHere ? "" : " (skipped: no openssl)"}`,
  () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "hasen-broker-tls-"));
      makeCertificates(folder);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const files = (certificate: string, key: string) => ({
      serverCertificateFile: join(folder, certificate),
      serverKeyFile: join(folder, key),
    });

    it("takes frames from devices that trust its certificate, and survives those that speak no TLS", async () => {
      const { broker, port, arrivals } = await openBroker(files("server.pem", "server-key.pem"));
      const plain = await raw(port);
      plain.write(connectPacket());
      await plain.closedByPeer;
      const ca = readFileSync(join(folder, "ca.pem"));
      const client = await device(port, "meter-1", { protocol: "mqtts", host: "localhost", ca });
      await client.publishAsync("dreihasen/v1/meter-1/up", "a", { qos: 1 });
      expect(arrivals).toHaveLength(1);
      expect(broker.counters.refused["tls"]).toBe(1);
    });

    it.each([
      ["missing.pem", "server-key.pem", 66],
      ["server.pem", "client-key.pem", 65],
      ["server.csr", "server-key.pem", 65],
    ])("does not start with %s and %s, and says why", async (certificate, key, exit) => {
      const error = await openBroker(files(certificate, key)).catch((reason) => reason);
      expect(error).toBeInstanceOf(ProblemError);
      expect(error.exit).toBe(exit);
    });
  },
);
