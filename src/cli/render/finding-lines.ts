import { counted } from '../../model/value/counted.js';
import type { Finding } from '../../review/finding.js';
import type { Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';

/** Formats findings for people: where, what, and how to fix it. */
export function findingLines(findings: readonly Finding[], { style }: Screen): string[] {
  return findings.flatMap(({ rule, severity, path, line, message, fix }) => {
    const where = path === null ? '' : `${style('bold', oneLine(path) + (line === null ? '' : `:${line}`))} `;
    const mark = severity === 'error' ? style('red', '✗') : style('yellow', '!');
    const found = `${mark} ${where}${oneLine(message)} ${style('dim', `[${rule}]`)}`;
    return fix === null ? [found] : [found, `    ${style('cyan', '→')} ${oneLine(fix)}`];
  });
}

/** Describes the number of findings in words. */
export function findingCount(total: number, shown: number): string {
  if (total === 0) return 'all is well';
  const more = total > shown ? `, the first ${shown} are shown` : '';
  return `${counted(total, 'finding')}${more}`;
}

const escaped = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string) => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Formats findings as workflow commands, which GitHub and similar forges show beside the line of the file. */
export function annotations(findings: readonly Finding[]): string[] {
  return findings.map(({ rule, severity, path, line, message, fix }) => {
    const place = path === null ? [] : [`file=${property(path)}`, ...(line === null ? [] : [`line=${line}`])];
    const text = fix === null ? message : `${message}\n${fix}`;
    return `::${severity} ${[...place, `title=${property(`kgit: ${rule}`)}`].join(',')}::${escaped(text)}`;
  });
}
