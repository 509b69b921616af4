/** Text of records and clusters, made fit to be shown. Preact makes text nodes of it, never markup. */

/** Control characters, and those that change the direction of the text around them. */
const UNSHOWN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** Replaces what cannot be seen or would rearrange the line, so that a text cannot pass for another one. */
export function plain(text: string): string {
  return text.replace(UNSHOWN, '\ufffd');
}

/** The same on one line. */
export function oneLine(text: string): string {
  return plain(text.replace(/\s+/g, ' ').trim());
}

/** A value of a state or spec, as short text. */
export function shownValue(value: unknown): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? plain(value) : plain(JSON.stringify(value) ?? String(value));
}

/** `1 cluster`, `2 clusters`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

/** `cluster_upgraded` as `cluster upgraded`. */
export function actionWords(action: string): string {
  return oneLine(action.replaceAll('_', ' '));
}
