import type { Bench } from "./bench.ts";
import { InterpreterCost } from "./interpreter-cost.ts";

/** A pack of 150 bytes and the Enc_structure of a device with a deployment name of ten letters. */
const program = `
  import { composedCcm, nativeAes } from "../../boards/platforms/espruino-ccm.ts";
  import { nativeCrypto } from "../../boards/platforms/espruino-crypto.ts";
  const cipher = composedCcm(nativeAes())(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]));
  const nonce = new Uint8Array(13);
  const additional = new Uint8Array(38);
  const pack = new Uint8Array(150);
  const aes = nativeCrypto().AES;
  const key = new Uint8Array(16);
  const blocks = new Uint8Array(16 + 48 + 160);
  const mode = { mode: "CBC" };
  const words = new Int32Array(40);
  const stream = new Int32Array(44);
  Object.assign(globalThis, {
    seal: () => cipher.seal(nonce, additional, pack),
    cbc: () => aes.encrypt(blocks, key, mode),
    xor: () => {
      for (let i = 0; i < 38; i++) {
        words[i] ^= stream[i + 4];
      }
    },
  });`;

/** AES-CCM as boards make it, against what no implementation could do without: the CBC call over its blocks, and the XOR. */
export const espruinoSeal: Bench = {
  name: "espruino-seal",
  unit: "instructions/message",
  peer: "one native CBC call and a plain XOR loop",
  lessIsBetter: true,
  rounds: 3,
  prepare: async () => {
    const cost = await InterpreterCost.of(program);
    if (typeof cost === "string") {
      return { unmeasured: cost };
    }
    const bare = () => cost.per("cbc()") + cost.per("xor()");
    return {
      ours: async () => cost.per("seal()"),
      theirs: async () => bare(),
      extra: () => ({
        unit: cost.unit,
        "times the bare call and loop": Number((cost.per("seal()") / bare()).toFixed(2)),
        "CBC alone": Math.round(cost.per("cbc()")),
        "XOR alone": Math.round(cost.per("xor()")),
      }),
      close: async () => cost.close(),
    };
  },
};
