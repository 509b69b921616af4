import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, vi } from 'vitest';
import { CatFile, type GitObject, ObjectBatch } from '../../../src/gitstore/objects/cat-file.js';
import { Git } from '../../../src/gitstore/process/git.js';
import { emptyRepository } from '../../support/git-fixtures.js';

const MIB = 1024 * 1024;

function blob(path: string, input: Buffer): string {
  return execFileSync('git', ['hash-object', '-w', '--stdin'], { cwd: path, input }).toString().trim();
}

function askFor(reader: CatFile, name: string): Promise<GitObject | null> {
  return new Promise((take, fail) =>
    reader.ask([new ObjectBatch([{ name, path: 'state.yaml' }], { take, fail })]),
  );
}

it('refuses an object that is too large without holding it, and answers what is asked behind it', async () => {
  const path = emptyRepository();
  const [huge, small] = [blob(path, Buffer.alloc(300 * MIB)), blob(path, Buffer.from('a: 1\n'))];
  const reader = new CatFile(new Git(path, process.env), false);
  const ask = (name: string) => askFor(reader, name);
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers);
  }, 5);
  const before = process.memoryUsage().arrayBuffers;
  const answers = await Promise.allSettled([small, huge, small, huge, small].map(ask));
  clearInterval(watch);
  await reader.end();
  expect(answers.map(({ status }) => status)).toEqual([
    ...['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
  ]);
  expect(answers[1]).toMatchObject({
    reason: { code: 'INVALID_STATE', message: expect.stringContaining('64 MiB') },
  });
  for (const i of [0, 2, 4])
    expect(answers[i]).toMatchObject({ value: { type: 'blob', data: Buffer.from('a: 1\n') } });
  expect(most - before).toBeLessThan(200 * MIB);
});

it('answers what it is asked after its end: that it cannot read on', async () => {
  const path = emptyRepository();
  const name = blob(path, Buffer.from('a: 1\n'));
  const git = new Git(path, process.env);
  const starting = vi.spyOn(git, 'start');
  const reader = new CatFile(git, false);
  await expect(askFor(reader, name)).resolves.toMatchObject({ oid: name });
  const child = starting.mock.results[0]?.value;
  child.kill();
  await once(child, 'close');
  expect(reader.isRunning).toBe(false);
  await expect(askFor(reader, name)).rejects.toMatchObject({ code: 'ENVIRONMENT' });
  await reader.end();
});
