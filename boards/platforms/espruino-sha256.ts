import type { Crypto } from "../../protocols/crypto.ts";

const blockLength = 64; // bytes

/**
 * SHA-256 (FIPS 180-4) for boards without it (class C): about half a second a block of 64 bytes. Its constants are not written down but
 * computed: the first 32 bits of the fractions of roots of primes (§4.2.2, §5.3.3), which a double holds exactly.
 */
export function scriptSha256(): Crypto["sha256"] {
  const primes = firstPrimes(64);
  const k = primes.map((prime) => fraction(Math.pow(prime, 1 / 3)));
  const start = primes.filter((_, i) => i < 8).map((prime) => fraction(Math.pow(prime, 1 / 2)));
  const w = new Int32Array(64);
  return (data) => {
    const padded = new Uint8Array(((data.length + 8) & -blockLength) + blockLength);
    padded.set(data);
    padded[data.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setUint32(padded.length - 4, data.length * 8); // §5.1.1; no message here has 2^29 bytes
    const hash = new Int32Array(start);
    for (let at = 0; at < padded.length; at += blockLength) {
      for (let t = 0; t < 16; t++) {
        w[t] = view.getInt32(at + 4 * t);
      }
      compress(hash, w, k);
    }
    const digest = new Uint8Array(32);
    const out = new DataView(digest.buffer);
    hash.forEach((word, i) => {
      out.setInt32(4 * i, word);
    });
    return digest;
  };
}

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) {
    if (isNoMultiple(n, primes)) {
      primes.push(n);
    }
  }
  return primes;
}

function isNoMultiple(n: number, primes: readonly number[]): boolean {
  return primes.every((prime) => n % prime > 0);
}

function fraction(root: number): number {
  return ((root - Math.floor(root)) * 4294967296) | 0;
}

/** §6.2.2 for one block; `w` holds its 16 words and is used up. */
function compress(hash: Int32Array, w: Int32Array, k: readonly number[]): void {
  let a = hash[0];
  let b = hash[1];
  let c = hash[2];
  let d = hash[3];
  let e = hash[4];
  let f = hash[5];
  let g = hash[6];
  let h = hash[7];
  for (let t = 0; t < 64; t++) {
    if (t > 15) {
      const u = w[t - 15];
      const v = w[t - 2];
      w[t] =
        (w[t - 16] +
          w[t - 7] +
          (turn(u, 7) ^ turn(u, 18) ^ (u >>> 3)) +
          (turn(v, 17) ^ turn(v, 19) ^ (v >>> 10))) |
        0;
    }
    const first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + k[t] + w[t];
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => {
    hash[i] = (hash[i] + word) | 0;
  });
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}
