const EXPONENT = /^(-?\d+)(?:\.(\d+))?e([-+]\d+)$/;

/** From here on the digits of an integer are no 64-bit integer with a sign: yq takes some for one all the same, and fails. */
const INT64_END = 2 ** 63;

/**
 * A number as YAML that every reader takes for that number: those of YAML 1.1 want a point before an exponent, and take
 * `1e-7` for text.
 */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = Math.abs(value) < INT64_END ? String(value) : value.toExponential();
  const [, whole, fraction = '0', exponent] = EXPONENT.exec(text) ?? [];
  return exponent === undefined ? text : `${whole}.${fraction}e${exponent}`;
}
