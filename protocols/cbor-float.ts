/** Floating-point numbers in CBOR's three sizes (RFC 8949 §3.3), each value in the shortest that holds it (§4.2.1). */

const plainNaN = 0x7e00;
const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

/** Bytes of the shortest float that keeps the value, head included: 3, 5 or 9. */
export function floatLength(value: number): number {
  if (halfOf(value) !== null) {
    return 3;
  }
  return isSingle(value) ? 5 : 9;
}

/** Writes it at `at`; returns where it ends. */
export function writeFloat(target: Uint8Array, at: number, value: number): number {
  const half = halfOf(value);
  if (half !== null) {
    target[at] = 0xf9;
    target[at + 1] = half >> 8;
    target[at + 2] = half & 255;
    return at + 3;
  }
  if (isSingle(value)) {
    scratch.setFloat32(0, value);
    target[at] = 0xfa;
    target.set(scratchBytes.subarray(0, 4), at + 1);
    return at + 5;
  }
  scratch.setFloat64(0, value);
  target[at] = 0xfb;
  target.set(scratchBytes, at + 1);
  return at + 9;
}

function isSingle(value: number): boolean {
  scratch.setFloat32(0, value);
  return scratch.getFloat32(0) === value;
}

/** The 16 bits of a value that half precision holds exactly (IEEE 754 binary16), null for any other. */
function halfOf(value: number): number | null {
  if (isNaNValue(value)) {
    return plainNaN;
  }
  if (!isSingle(value)) {
    return null;
  }
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const biased = (bits >>> 23) & 255;
  const fraction = bits & 0x7fffff;
  if (biased === 255) {
    return sign | 0x7c00;
  }
  const exponent = biased - 127;
  if (exponent >= -14 && exponent <= 15) {
    return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >> 13) : null;
  }
  if (exponent >= -24 && exponent < -14) {
    const shift = -1 - exponent;
    const whole = fraction | 0x800000;
    return (whole & ((1 << shift) - 1)) === 0 ? sign | (whole >> shift) : null;
  }
  return value === 0 ? sign : null;
}

function halfValue(half: number): number {
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  const size =
    exponent === 0
      ? fraction * Math.pow(2, -24)
      : exponent < 31
        ? (1024 + fraction) * Math.pow(2, exponent - 25)
        : fraction === 0
          ? Infinity
          : NaN;
  return half & 0x8000 ? -size : size;
}

/** The float of 2, 4 or 8 bytes at `at`; null where a shorter one holds it, or where it is another NaN than 7e00 (§4.2.2). */
export function readFloat(bytes: Uint8Array, at: number, size: number): number | null {
  const value = floatAt(bytes, at, size);
  if (floatLength(value) !== 1 + size) {
    return null;
  }
  return isNaNValue(value) && halfAt(bytes, at) !== plainNaN ? null : value;
}

function floatAt(bytes: Uint8Array, at: number, size: number): number {
  if (size === 2) {
    return halfValue(halfAt(bytes, at));
  }
  scratchBytes.set(bytes.subarray(at, at + size));
  return size === 4 ? scratch.getFloat32(0) : scratch.getFloat64(0);
}

function halfAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

function isNaNValue(value: number): boolean {
  return !(value <= 0 || value > 0);
}
