const EXPONENT = /^(-?\d+)(?:\.(\d+))?e([-+]\d+)$/;

/**
 * A number as YAML that every reader takes for that number: those of YAML 1.1 want a point before an exponent, and take
 * `1e-7` for text.
 */
export function numberText(value: number): string {
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const [, whole, fraction = '0', exponent] = EXPONENT.exec(text) ?? [];
  return exponent === undefined ? text : `${whole}.${fraction}e${exponent}`;
}
