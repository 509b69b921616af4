/** Text in the middle of a line that is no mark of a key or comment, and that every YAML writer leaves as it is. */
const REST = String.raw`(?:[^\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\ufeff:#]|:(?=[^ \x00-\x1f\x7f])|(?<! )#)*(?<![ :-])`;
const WORD = new RegExp(`^[A-Za-z_/(\\u00c0-\\u1fff]${REST}$`);
/** What a reader of some YAML takes for a date, and quotes are put around. */
const DATE = /^\d{4}-\d\d?-\d\d?/;
/** What a reader of YAML 1.1 or 1.2 takes for a truth value or for nothing. */
const NO_WORD = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
/** Versions, addresses, ids: they begin with a digit and are no number. */
const CODE = /^\d[\w./]*[A-Za-z0-9]$/;
const NUMERIC = /^(?:0o[0-7]+|0x[0-9a-fA-F]+|\d+(?:\.\d*)?(?:[eE]\d+)?)$/;
const QUOTED_WORD = /^(?:[yY]|[nN]|yes|no|on|off|true|false|null)$/;
const QUOTED_DATE = /^\d{4}-\d\d?-\d\d?[\w.:+-]*$/;

/** Whether a text stands for itself in YAML, without quotes, to every reader. */
export function isPlainText(text: string): boolean {
  if (WORD.test(text)) return !NO_WORD.test(text);
  return CODE.test(text) && !NUMERIC.test(text) && !DATE.test(text);
}

/** Whether a text is a date, number or truth value to some reader, and is written in double quotes as it is. */
export function isQuotedText(text: string): boolean {
  return NUMERIC.test(text) || QUOTED_DATE.test(text) || QUOTED_WORD.test(text);
}

/** Keys that need no quotes, and that JavaScript takes for a name alone. */
export function isPlainKey(text: string): boolean {
  return /^[A-Za-z_](?:[\w.-]*\w)?$/.test(text) && !NO_WORD.test(text) && text !== '__proto__';
}
