import { isMap, type Value } from '../../model/value/value.js';

/** Formats JSON with the keys of every map sorted, so that equal values give equal text on every machine. */
export function canonicalJson(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!isMap(value)) return JSON.stringify(value);
  const pairs = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Value)}`);
  return `{${pairs.join(',')}}`;
}
