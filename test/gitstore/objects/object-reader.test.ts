import { execFileSync } from 'node:child_process';
import { expect, it, vi } from 'vitest';
import { ObjectReader } from '../../../src/gitstore/objects/object-reader.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { emptyRepository, git } from '../../support/git-fixtures.js';
import { PATIENCE_MS } from '../../support/patience.js';

/** The processes that read objects for this one. */
function readers(): string[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [pid, parent] = line.trim().split(/ +/);
    return pid && parent === String(process.pid) && line.includes('cat-file') ? pid : [];
  });
}

it('reads many objects in the processes that it prepared, and ends those that nothing needed', async () => {
  const path = emptyRepository();
  git(path, 'commit', '--quiet', '--allow-empty', '-m', 'one');
  const commit = git(path, 'rev-parse', 'HEAD');
  const reader = new ObjectReader(new Git(path, process.env));
  const others = readers();
  const own = () => readers().filter((pid) => !others.includes(pid));
  reader.prepare(3);
  reader.prepare(2);
  const prepared = own();
  expect(prepared).toHaveLength(3);
  const asked = Array.from({ length: 300 }, (_, n) => ({
    name: n % 2 ? commit : '1'.repeat(40),
    path: `${n}`,
  }));
  const taken = new Map<string, string | undefined>();
  const reading = reader.readEach(asked, (object, { path: at }) => taken.set(at, object?.oid));
  const stream = reader.readStream((object, { path: at }) => taken.set(`streamed ${at}`, object?.oid));
  stream.ask(asked.slice(0, 2));
  await Promise.all([reading, stream.end()]);
  expect(taken.size).toBe(302);
  for (const { name, path: at } of asked) expect(taken.get(at)).toBe(name === commit ? commit : undefined);
  expect([taken.get('streamed 0'), taken.get('streamed 1')]).toEqual([undefined, commit]);
  await vi.waitFor(() => expect(own()).toEqual(prepared.slice(2)), { timeout: PATIENCE_MS });
  await reader.close();
  await vi.waitFor(() => expect(own()).toEqual([]), { timeout: PATIENCE_MS });
});
