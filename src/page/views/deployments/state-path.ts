/** Paths of values in a state, as the API writes them: names joined by dots, odd ones quoted as JSON strings. */

const PLAIN = /^(?:[A-Za-z_][A-Za-z0-9_-]*|0|[1-9][0-9]{0,5})$/;

/** Formats a path. */
export function formatPath(names: readonly string[]): string {
  return names.map((name) => (PLAIN.test(name) ? name : JSON.stringify(name))).join('.');
}

/** The names in a path of the API. */
export function namesIn(path: string): string[] {
  return Array.from(path.matchAll(/"(?:[^"\\]|\\.)*"|[^."]+/g), ([name]) =>
    name.startsWith('"') ? String(JSON.parse(name)) : name,
  );
}
