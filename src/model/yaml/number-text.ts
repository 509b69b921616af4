const EXPONENT = /^(-?\d+)(?:\.(\d+))?e([-+]\d+)$/;

/** Larger integers overflow a signed 64-bit integer: yq takes the digits of some for one, and fails. */
const INT64_END = 2 ** 63;

/**
 * Formats a number so that every YAML reader reads the same number: YAML 1.1 needs a point before an exponent, and takes
 * `1e-7` for text.
 */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = Math.abs(value) < INT64_END ? String(value) : value.toExponential();
  const [, whole, fraction = '0', exponent] = EXPONENT.exec(text) ?? [];
  return exponent === undefined ? text : `${whole}.${fraction}e${exponent}`;
}
