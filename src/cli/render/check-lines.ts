import type { Check } from '../../model/value/check.js';
import { counted } from '../../model/value/counted.js';
import type { Screen } from '../../terminal/output.js';
import { oneLine } from '../../terminal/terminal-text.js';

/** Formats checks for people: each finding with its fix; `wide` adds the details of the other checks. */
export function checkLines(checks: readonly Check[], { style }: Screen, wide: boolean): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok, detail, fix }) => {
    if (ok) {
      const more = wide ? `${name.padEnd(width)}  ${style('dim', oneLine(detail))}` : name;
      return [`${style('green', '✓')} ${more}`];
    }
    const found = `${style('red', '✗')} ${style('bold', name.padEnd(width))}  ${oneLine(detail)}`;
    return fix === null ? [found] : [found, `    ${style('cyan', '→')} ${oneLine(fix)}`];
  });
  const findings = checks.filter(({ ok }) => !ok).length;
  const count = findings === 0 ? 'all is well' : counted(findings, 'finding');
  return [...lines, style('dim', count)];
}
