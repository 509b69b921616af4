/** What a terminal would act on: C0 and C1 controls, and the marks that turn the direction of writing around. */
const CONTROLS =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Text from events, clusters and files as a terminal may get it: controls out, line ends and tabs kept. */
export function terminalText(text: string): string {
  return text.replace(/\r\n/g, '\n').replace(CONTROLS, '');
}

/** The same on one line: what follows a line end is joined by a space. */
export function oneLine(text: string): string {
  return terminalText(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}

/** JSON text for a terminal: what JSON leaves raw and a terminal would act on is escaped, so its meaning stays. */
export function terminalJson(json: string): string {
  return json.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
