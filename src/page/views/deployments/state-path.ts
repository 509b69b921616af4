/** Dotted paths of a state, as the API writes them: odd keys are quoted as JSON. */

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

export function statePath(names: readonly string[]): string {
  return names.map((name) => (PLAIN_KEY.test(name) ? name : JSON.stringify(name))).join('.');
}
