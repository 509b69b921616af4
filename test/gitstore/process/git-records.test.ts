import { expect, it } from 'vitest';
import { Git } from '../../../src/gitstore/process/git.js';
import { gitRecords } from '../../../src/gitstore/process/git-records.js';
import { emptyRepository } from '../../support/git-fixtures.js';

/** What git is told of how to write its output. */
async function flushing(git: Git): Promise<readonly string[]> {
  const told: string[] = [];
  const args = ['-c', 'alias.flush=!echo "flush=$GIT_FLUSH"', 'flush'];
  for await (const records of gitRecords(git, args, '\n')) told.push(...records);
  return told;
}

it('come in large pieces, but one by one where each may be fetched within the time limit of one', async () => {
  const path = emptyRepository();
  expect(await flushing(new Git(path, process.env))).toEqual(['flush=0']);
  const partial = new Git(path, process.env, { isOffline: true });
  await partial.fetchLazily({ remote: 'origin', timeout: 300_000, failure: () => null });
  expect(await flushing(partial)).toEqual(['flush=']);
});
