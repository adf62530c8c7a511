import { equal, fromHex, utf8 } from "../protocols/bytes.ts";
import type { Crypto } from "../protocols/crypto.ts";
import { type Fault, fault } from "../protocols/fault.ts";

/**
 * Holds a platform's cryptography against known answers before anything is sealed with it: a board whose AES is wrong must not
 * transmit. Null when all hold.
 */
export function selfTest(crypto: Crypto, encrypts: boolean): Fault | null {
  // FIPS 180-4, the one-block example "abc".
  if (
    !matches(crypto.sha256(utf8("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  ) {
    return wrong("SHA-256");
  }
  // RFC 4231 §4.3.
  const tag = crypto.hmac(utf8("Jefe"))(utf8("what do ya want for nothing?"));
  if (!matches(tag, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")) {
    return wrong("HMAC-SHA-256");
  }
  return encrypts && !ccmHolds(crypto) ? wrong("AES-CCM") : null;
}

/** RFC 3610 §8, packet vector 1: 13-byte nonce, 8-byte tag, as COSE's AES-CCM-16-64-128. */
function ccmHolds(crypto: Crypto): boolean {
  const aead = crypto.ccm(bytes("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"));
  const nonce = bytes("00000003020100a0a1a2a3a4a5");
  const additional = bytes("0001020304050607");
  const plaintext = bytes("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e");
  const sealed = aead.seal(nonce, additional, plaintext);
  if (!matches(sealed, "588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0")) {
    return false;
  }
  const opened = aead.open(nonce, additional, sealed);
  const forged = new Uint8Array(sealed);
  forged[0] ^= 1;
  return opened !== null && equal(opened, plaintext) && aead.open(nonce, additional, forged) === null;
}

function matches(got: Uint8Array, hex: string): boolean {
  return equal(got, bytes(hex));
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

function wrong(what: string): Fault {
  return fault("self-test", "this board's " + what + " gives wrong answers: nothing is sent");
}
