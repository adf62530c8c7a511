import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";

const key = createSecretKey(randomBytes(16));
const blockLength = 16;

/**
 * What node:crypto takes to decrypt as many bytes as each telegram has, and nothing else: no frame, no header, no key to find. Nonces and
 * tags as the language has them. Returns a pass that says how many it did.
 */
export type BareCipher = (telegrams: readonly Uint8Array[]) => () => number;

/** Security mode 5: no tag. */
export const bareCbc: BareCipher = (telegrams) => {
  const iv = randomBytes(blockLength);
  const blocks = telegrams.map(({ length }) => randomBytes(length - (length % blockLength)));
  return () => {
    for (const block of blocks) {
      createDecipheriv("aes-128-cbc", key, iv).setAutoPadding(false).update(block);
    }
    return blocks.length;
  };
};

export const bareGcm: BareCipher = (telegrams) =>
  opened(telegrams, { cipher: "aes-128-gcm", nonce: 12, tag: 12 });

export const bareCcm: BareCipher = (telegrams) =>
  opened(telegrams, { cipher: "aes-128-ccm", nonce: 13, tag: 4 });

/** `nonce` and `tag` in bytes. */
interface Authenticated {
  readonly cipher: "aes-128-gcm" | "aes-128-ccm";
  readonly nonce: number;
  readonly tag: number;
}

function opened(telegrams: readonly Uint8Array[], { cipher, nonce, tag }: Authenticated): () => number {
  const iv = randomBytes(nonce);
  const options = { authTagLength: tag };
  const all = telegrams.map(({ length }) => {
    const sealing = createCipheriv(cipher as "aes-128-gcm", key, iv, options);
    const sealed = sealing.update(randomBytes(length));
    sealing.final();
    return { sealed, tag: sealing.getAuthTag() };
  });
  return () => {
    for (const each of all) {
      const opening = createDecipheriv(cipher as "aes-128-gcm", key, iv, options);
      opening.setAuthTag(each.tag);
      opening.update(each.sealed);
      opening.final();
    }
    return all.length;
  };
}
