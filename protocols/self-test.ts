import { equal, fromHex, toHex, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { type Fault, fault } from "./fault.ts";
import { hkdf } from "./hkdf.ts";

/**
 * Known answers for a platform's crypto, asked at start before anything is sealed or opened: some boards' ciphers ignore what
 * they are given. Whoever gets a Fault (`self-test`) does not transmit.
 */
export function selfTest(crypto: Crypto): Fault | null {
  for (let i = 0; i < questions.length; i++) {
    let passed = false;
    try {
      passed = questions[i].passes(crypto);
    } catch {
      // A platform without the function fails like one with a wrong one.
    }
    if (!passed) {
      return fault(
        "self-test",
        "this platform's " + questions[i].name + " gives a wrong answer: nothing is sent",
      );
    }
  }
  return null;
}

/** RFC 3610 §8, packet vectors 1 and 2 under one key: two nonces, two lengths; then a wrong tag, and a wrong header. */
function ccmPasses(crypto: Crypto): boolean {
  const cipher = crypto.ccm(bytes("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"));
  const header = bytes("0001020304050607");
  const first = {
    nonce: bytes("00000003020100a0a1a2a3a4a5"),
    plaintext: bytes("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e"),
    sealed: bytes("588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0"),
  };
  const second = {
    nonce: bytes("00000004030201a0a1a2a3a4a5"),
    plaintext: bytes("08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
    sealed: bytes("72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916"),
  };
  const opened = cipher.open(first.nonce, header, first.sealed);
  const damaged = new Uint8Array(first.sealed);
  damaged[damaged.length - 1] ^= 1;
  return (
    equal(cipher.seal(first.nonce, header, first.plaintext), first.sealed) &&
    equal(cipher.seal(second.nonce, header, second.plaintext), second.sealed) &&
    opened !== null &&
    equal(opened, first.plaintext) &&
    cipher.open(first.nonce, header, damaged) === null &&
    cipher.open(first.nonce, header.subarray(1), first.sealed) === null
  );
}

/** Implementations that see no byte of a message may forget its tag. The answer is that of python3-cryptography. */
function emptyCcmPasses(crypto: Crypto): boolean {
  const cipher = crypto.ccm(new Uint8Array(16));
  const nonce = new Uint8Array(13);
  const header = new Uint8Array(5);
  const opened = cipher.open(nonce, header, bytes("9c7f834fe43966df"));
  return (
    toHex(cipher.seal(nonce, header, new Uint8Array(0))) === "9c7f834fe43966df" &&
    opened !== null &&
    opened.length === 0 &&
    cipher.open(nonce, header, bytes("9c7f834fe43966de")) === null
  );
}

function bytes(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}

// Last, because a board's interpreter knows a function only from its definition on.
const questions: readonly { readonly name: string; readonly passes: (crypto: Crypto) => boolean }[] = [
  {
    name: "SHA-256", // FIPS 180-4, example "abc"
    passes: (crypto) =>
      toHex(crypto.sha256(utf8("abc"))) ===
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  },
  {
    name: "HMAC-SHA-256", // RFC 4231 §4.3
    passes: (crypto) =>
      toHex(crypto.hmac(utf8("Jefe"))(utf8("what do ya want for nothing?"))) ===
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  },
  {
    name: "HKDF", // RFC 5869 §A.1
    passes: (crypto) =>
      toHex(
        hkdf(crypto, {
          material: bytes("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
          salt: bytes("000102030405060708090a0b0c"),
          info: bytes("f0f1f2f3f4f5f6f7f8f9"),
          length: 42,
        }),
      ) === "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  },
  { name: "AES-CCM", passes: ccmPasses },
  { name: "AES-CCM of an empty message", passes: emptyCcmPasses },
];
