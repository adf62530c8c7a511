/** Certificates for a test, made on the spot: an authority, a server named localhost, a client. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificates {
  readonly ca: string;
  readonly server: { readonly certificate: string; readonly key: string };
  readonly client: { readonly certificate: string; readonly key: string };
}

/** Makes them with openssl in a folder of the caller's. */
export function makeCertificates(folder: string): Certificates {
  const ca = join(folder, "ca.pem");
  const caKey = join(folder, "ca-key.pem");
  openssl(["req", "-x509", ...newKey(caKey), "-subj", "/CN=test authority", "-days", "2", "-out", ca]);
  return {
    ca,
    server: signed(folder, { name: "server", subject: "/CN=localhost", names: "DNS:localhost,IP:127.0.0.1" }),
    client: signed(folder, { name: "client", subject: "/CN=gateway-1", names: "DNS:gateway-1" }),
  };
}

function signed(folder: string, wanted: { name: string; subject: string; names: string }) {
  const key = join(folder, `${wanted.name}-key.pem`);
  const request = join(folder, `${wanted.name}.csr`);
  const certificate = join(folder, `${wanted.name}.pem`);
  const extension = join(folder, `${wanted.name}.ext`);
  writeFileSync(extension, `subjectAltName=${wanted.names}\n`);
  openssl(["req", ...newKey(key), "-subj", wanted.subject, "-out", request]);
  const authority = ["-CA", join(folder, "ca.pem"), "-CAkey", join(folder, "ca-key.pem"), "-CAcreateserial"];
  openssl([
    "x509",
    "-req",
    "-in",
    request,
    ...authority,
    "-days",
    "2",
    "-extfile",
    extension,
    "-out",
    certificate,
  ]);
  return { certificate, key };
}

function newKey(file: string): string[] {
  return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file];
}

function openssl(args: string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}
