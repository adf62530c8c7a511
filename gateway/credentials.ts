/** Who may speak on a link that asks for a password: each device with the one derived from its own key, so there is no second secret. */
import { timingSafeEqual } from "node:crypto";
import type { Crypto } from "../protocols/crypto.ts";
import { mqttPassword } from "../protocols/envelope.ts";
import type { Authenticate } from "./link.ts";
import type { DeviceRegistry } from "./registry/registry.ts";

/** Checks in the same time whether the name exists, the password fits, or neither. */
export function authenticator(options: {
  readonly registry: DeviceRegistry;
  readonly crypto: Crypto;
  readonly deployment: string;
}): Authenticate {
  const { registry, crypto, deployment } = options;
  const nobody = new Uint8Array(16);
  return (name, password) => {
    const entry = registry.byName(name);
    const expected = mqttPassword(crypto, { root: entry?.root ?? nobody, deployment, kid: entry?.kid ?? 0 });
    const fits = equalDigest(crypto, password, new TextEncoder().encode(expected));
    return fits && entry !== null && entry.state === "active" ? { name: entry.name } : null;
  };
}

function equalDigest(crypto: Crypto, a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(crypto.sha256(a), crypto.sha256(b));
}
