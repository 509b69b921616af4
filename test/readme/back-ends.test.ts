import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { until } from '../support/patience.js';
import { freePort } from '../support/servers/server-process.js';
import { renderTour } from './run-tour.js';

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/tour-back-ends.md');
const port = await freePort();

function redis(...args: string[]): string {
  try {
    return execFileSync('redis-cli', ['-p', String(port), ...args], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return '';
  }
}
afterAll(() => redis('shutdown', 'nosave'));

/** The page without what its commands printed. */
function commandsOf(text: string): string {
  let inside = false;
  const kept = text.split('\n').filter((line) => {
    if (line.startsWith('```')) inside = line.startsWith('```console');
    return !inside || line.startsWith('```') || line.startsWith('$ ');
  });
  return kept.join('\n');
}

it('shows in the tour of back ends what kgit prints; where a change is meant, update it with -u', async () => {
  const after = async (command: string) => {
    if (command.startsWith('redis-server')) await until(() => redis('ping') === 'PONG\n');
  };
  const stands = new Map([['6379', String(port)]]);
  const made = await renderTour(root, commandsOf(readFileSync(page, 'utf8')), { stands, after });
  await expect(`${made}\n`).toMatchFileSnapshot(page);
});
