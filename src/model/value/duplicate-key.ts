/** What a JSON text is made of, as far as keys are concerned: texts, and what opens, closes and divides. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first key that a mapping of a JSON text has twice; null where none has. JSON.parse takes the last of them and
 * drops the others in silence.
 * @param text that JSON.parse takes
 */
export function duplicateKey(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    } else if (token !== ',') last = token;
  }
  return null;
}
