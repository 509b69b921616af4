import { EXIT_CODES } from '../../errors.js';
import { counted } from '../../model/value/counted.js';
import type { Finding, Findings } from '../../review/finding.js';
import type { CommandResult, Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';

/** How the result of a check is shown. */
interface Shown {
  /** Keys of the JSON result beside the findings and their number. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Describes what was checked. */
  readonly scope: string;
  /** Whether to print annotations of a forge instead of text. */
  readonly annotates?: boolean;
}

/** Builds the result of a command that checks the repository. */
export function findingsResult(
  { list, total, errors }: Findings,
  { json, scope, annotates = false }: Shown,
): CommandResult {
  return {
    json: { findings: list, total, ...json },
    rows: list,
    names: [...new Set(list.flatMap(({ path }) => path ?? []))],
    lines: (screen) =>
      annotates
        ? annotations(list)
        : [
            ...findingLines(list, screen),
            screen.style('dim', `${findingCount(total, list.length)} (${scope})`),
          ],
    ...(errors > 0 ? { exitCode: EXIT_CODES.FINDINGS } : {}),
  };
}

/** Formats findings for people: where, what, and how to fix it. */
function findingLines(findings: readonly Finding[], { style }: Screen): string[] {
  return findings.flatMap(({ rule, severity, path, line, message, fix }) => {
    const where = path === null ? '' : `${style('bold', oneLine(path) + (line === null ? '' : `:${line}`))} `;
    const mark = severity === 'error' ? style('red', '✗') : style('yellow', '!');
    const found = `${mark} ${where}${oneLine(message)} ${style('dim', `[${rule}]`)}`;
    return fix === null ? [found] : [found, `    ${style('cyan', '→')} ${oneLine(fix)}`];
  });
}

/** Describes the number of findings in words. */
function findingCount(total: number, shown: number): string {
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
