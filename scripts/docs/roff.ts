/** Writes manual pages in the `man` macros, which man-db, mandoc and others read. ASCII alone, so no locale matters. */

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Escapes text, so that it is shown as it is, wherever it stands. */
export function roffText(text: string): string {
  const escaped = text
    .replace(/[\\'"`^~-]/g, (char) => ESCAPES[char] as string)
    .replace(
      /[^\0-\x7f]/gu,
      (char) => `\\[u${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
  // A dot at the start of a line would be a request.
  return escaped.startsWith('.') ? `\\&${escaped}` : escaped;
}

/** Formats text in which code is in backquotes: code is bold. */
export function roffInline(markdown: string): string {
  const parts = markdown.split('`');
  const text = parts.map((part, i) => (i % 2 === 0 ? roffText(part) : roffBold(part))).join('');
  return text === '' ? '\\&' : text;
}

/** A section; empty if it has no lines. */
export function roffSection(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${title.includes(' ') ? `"${title}"` : title}`, ...lines];
}

/** An option with its value, such as `--file FILE`: the value in italics. */
export function roffOption(term: string): string {
  const [, flags = term, value] = /^((?:-\w, )?--\S+) (.+)$/.exec(term) ?? [];
  return value === undefined ? roffBold(flags) : `${roffBold(flags)} \\fI${roffText(value)}\\fR`;
}

export function roffBold(text: string): string {
  return `\\fB${roffText(text)}\\fR`;
}

/** Terms that are formatted already, each with its text below it, which may have code in backquotes. */
export function roffDefinitions(rows: readonly (readonly [term: string, text: string])[]): string[] {
  return rows.flatMap(([term, text]) => ['.TP', term, roffInline(text)]);
}

/** Paragraphs of text that are divided by empty lines. */
export function roffParagraphs(text: string): string[] {
  return text.split('\n\n').flatMap((part, i) => [...(i > 0 ? ['.PP'] : []), roffInline(part)]);
}

/** Lines that are shown as they are, indented. */
export function roffLiteral(lines: readonly string[]): string[] {
  return ['.RS 4', '.nf', ...lines.map(roffText), '.fi', '.RE'];
}

/** A whole page of section 1. */
export function roffPage(
  name: string,
  about: { readonly date: string; readonly version: string },
  body: readonly string[],
): string {
  const title = `.TH ${roffText(name.toUpperCase())} 1 ${about.date} "kgit ${about.version}" "kgit manual"`;
  // Neither hyphenation nor justification: commands and flags are to be copied.
  return `${[title, '.nh', '.ad l', ...body].join('\n')}\n`;
}
