const PRIME = (1n << 255n) - 19n;
/** Order of the prime subgroup of Curve25519 (RFC 7748, section 4.1). */
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
/** (486662 - 2) / 4: the constant of the Montgomery ladder (RFC 7748, section 5). */
const A24 = 121665n;

function mod(value: bigint): bigint {
  const rest = value % PRIME;
  return rest < 0n ? rest + PRIME : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let bits = exponent; bits > 0n; bits >>= 1n) {
    if (bits & 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

function isOnCurve(u: bigint): boolean {
  return power(u * u * u + 486662n * u * u + u, (PRIME - 1n) / 2n) === 1n;
}

/** Whether ORDER times the point u is the neutral element: then the ladder of RFC 7748 ends with z = 0. */
function isInPrimeSubgroup(u: bigint): boolean {
  let [x2, z2, x3, z3] = [1n, 0n, u, 1n];
  for (const bit of ORDER.toString(2)) {
    if (bit === '1') [x2, z2, x3, z3] = [x3, z3, x2, z2];
    const a = x2 + z2;
    const b = x2 - z2;
    const da = (x3 - z3) * a;
    const cb = (x3 + z3) * b;
    const [aa, bb] = [mod(a * a), mod(b * b)];
    const e = aa - bb;
    x3 = mod((da + cb) ** 2n);
    z3 = mod(u * mod((da - cb) ** 2n));
    x2 = mod(aa * bb);
    z2 = mod(e * (aa + A24 * e));
    if (bit === '1') [x2, z2, x3, z3] = [x3, z3, x2, z2];
  }
  return z2 === 0n;
}

/**
 * Whether 32 bytes can be the X25519 public key of a private key: canonical, on the curve, in the prime subgroup (RFC
 * 7748: every public key is a multiple of the base point). One random value in 32 passes. Takes about 1 ms.
 */
export function isX25519PublicKey(bytes: Uint8Array): boolean {
  if (bytes.length !== 32) return false;
  let u = 0n;
  for (let i = 31; i >= 0; i--) u = (u << 8n) | BigInt(bytes[i] as number);
  return u < PRIME && isOnCurve(u) && isInPrimeSubgroup(u);
}

/**
 * Whether 32 bytes are clamped (RFC 7748, section 5). `wg genkey` clamps every private key; of random values, 1 in 32
 * is.
 */
export function isClamped(bytes: Uint8Array): boolean {
  return bytes.length === 32 && ((bytes[0] as number) & 7) === 0 && (bytes[31] as number) >> 6 === 1;
}
