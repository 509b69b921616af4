/** The tokens of a JSON text that matter for keys: strings and punctuation. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The first duplicate key of a mapping in a JSON text; null if there is none. JSON.parse silently keeps only the last.
 * @param text valid JSON
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
