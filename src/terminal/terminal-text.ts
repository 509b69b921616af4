/** Characters that a terminal acts on: C0 and C1 controls, and the marks that change the direction of writing. */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Makes text from events, clusters and files safe for a terminal: removes controls, keeps line breaks and tabs. */
export function terminalText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(CONTROLS, '');
}

/** As `terminalText`, on one line: line breaks and tabs become spaces. */
export function oneLine(text: string): string {
  return terminalText(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}

/**
 * Makes JSON text safe for a terminal: escapes the characters that a terminal acts on, so the JSON keeps its meaning.
 */
export function terminalJson(json: string): string {
  return json.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
