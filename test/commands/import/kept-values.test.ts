import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../../src/library/library.js';
import { temporaryFolder } from '../../support/git-fixtures.js';
import { kgit, kgitJson } from '../../support/kgit.js';
import { commits, expectFailure, stateRepository } from '../../support/state-repository.js';

const BIG = '12345678901234567890';
const LONG_KEY = 'k'.repeat(1025);
const subject = 'subject: cluster/prod\naction: noted\n';
const json = (parameters: string) =>
  `{"subject": "cluster/prod", "action": "noted", "parameters": ${parameters}}\n`;
/** Runs kgit with an argument that is no UTF-8, which Node cannot hand on: a shell makes it of `printf`. */
const inShell = (words: string) => ['sh', '-c', `exec "$@" "$(printf '${words}')"`, 'sh'];

describe('what cannot be kept as it is given', () => {
  it.each([
    ['set', '--create-key', `a:=[${BIG}]`],
    ['set', '--create-key', 'a:="\\ud800"'],
    ['set', '"\\ud800"=1'],
    ['set', '--create-key', `a:={${LONG_KEY}: 1}`],
    ['push-event', 'x', '--cluster', 'prod', '--param', `n:=${BIG}`],
    ['push-event', 'x', '--cluster', 'prod', '--param', 'n:=0.12345678901234567890'],
    ['push-event', 'x', '--cluster', 'prod', '--param', 'n:=1.10'],
    ['set', 'kof.n:=[a, 0o17]'],
    ['push-event', 'x', '--cluster', 'prod', '--param', `n:={1.10: a}`],
    ['push-event', 'x', '--cluster', 'prod', '--param', `${LONG_KEY}=1`],
    ['run', 'x', '--cluster', 'prod', '--param', `n:=${BIG}`, '--', 'true'],
  ])('is refused: %s %s', async (...words) => {
    const path = stateRepository();
    const at = words.indexOf('--');
    const args = at < 0 ? [...words, '--json'] : [...words.slice(0, at), '--json', ...words.slice(at)];
    expectFailure(await kgit(path, args), 'USAGE', 2);
    expect(commits(path)).toBe(1);
  });

  it.each([
    [json(`{"n": ${BIG}}`), 'line 1, column '],
    [json('{"n": [1, {"f": 0.12345678901234567890}]}'), 'cannot be kept exactly: quote it'],
    [json('{"n": 1e400}'), 'cannot be kept exactly: quote it'],
    [json('{"s": "a\\ud800b"}'), 'parameters: holds half of a character'],
    [json('{"\\udc00": 1}'), 'parameters: holds half of a character'],
    [json(`{"${LONG_KEY}": 1}`), 'a key of 1025 characters'],
    [`{"subject": "cluster/prod", "action": "noted", "${LONG_KEY}": 1}\n`, 'a key of 1025 characters'],
    [`${subject}parameters:\n  n: ${BIG}\n`, 'line 4, column 6: the number'],
    [`${subject}parameters:\n  n: 1.10\n`, 'line 4, column 6: the number 1.10 would be kept as 1.1'],
    [`${subject}parameters:\n  1.10: x\n`, 'line 4, column 3: the key 1.10 would be read as 1.1'],
    [`${subject}message: "\\ud800"\n`, 'message: holds half of a character'],
  ])('is refused on standard input: %s', async (input, words) => {
    const path = stateRepository();
    const run = await kgit(path, ['push-event', '--stdin', '--json'], { input });
    expect(expectFailure(run, 'USAGE', 2).message).toContain(words);
    expect(commits(path)).toBe(1);
    const file = join(temporaryFolder(), 'events');
    writeFileSync(file, input);
    expectFailure(await kgit(path, ['push-event', '--file', file, '--json']), 'USAGE', 2);
  });

  it('is refused where an argument is no UTF-8, and a replacement character is kept', async () => {
    const path = stateRepository();
    const words = ['push-event', 'x', '--cluster', 'prod', '--json', '--param'];
    const broken = await kgit(path, words, { under: inShell('note=a\\377b') });
    expect(expectFailure(broken, 'USAGE', 2).message).toContain('is not UTF-8 text');
    const kept = await kgit(path, [...words, 'note=a\ufffdb']);
    expect(kept.code).toBe(0);
  });

  it('is refused in an editor, and the text is kept', async () => {
    const path = stateRepository();
    for (const line of [`big: ${BIG}`, 'version: 1.10', 'half: "\\\\ud800"', `? ${LONG_KEY}\\n: 1`]) {
      const env = { EDITOR: `printf '${line}\\n' >>`, TERM: 'xterm' };
      const run = await kgit(path, ['edit', '--json'], { env });
      expect([2, 14]).toContain(run.code);
      expect(run.json.error.data.file).toContain('state.yaml');
    }
    expect(commits(path)).toBe(1);
  });

  it('is refused in the files of an import, with its place', async () => {
    const path = stateRepository();
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'state'));
    const file = join(folder, 'state/deployment-state.yaml');
    for (const line of ['half: "\\ud800"', `? ${LONG_KEY}\n: 1`, `${LONG_KEY}: 1`]) {
      writeFileSync(file, `deployment_id: dep-b\nlast_updated: "2025-12-04T01:00:00Z"\n${line}\n`);
      const run = await kgit(path, ['import', folder, '--json']);
      expect(run.code).not.toBe(0);
      expect(run.stdout).toMatch(/half of a character|a key of|1024 chars/);
    }
    expect(commits(path)).toBe(1);
  });

  it('is refused by the library', async () => {
    const store = await openStore(stateRepository());
    const values = ['\ud800', { '\ud800': 1 }, { [LONG_KEY]: 1 }, 2n ** 64n];
    for (const value of values) {
      await expect(store.set({ a: value as string })).rejects.toMatchObject({ code: 'USAGE' });
      const event = { subject: 'cluster/prod', action: 'noted', parameters: { value: value as string } };
      await expect(store.pushEvent(event)).rejects.toMatchObject({ code: 'USAGE' });
    }
    await store.close();
  });
});

describe('a number behind =', () => {
  it('is text where a number would lose digits, which is said, and the same in a condition', async () => {
    const path = stateRepository();
    const values = [`a=${BIG}`, 'b=-9007199254740993', 'c=0.12345678901234567890', 'd=9007199254740992'];
    const run = await kgit(path, ['set', '--create-key', ...values]);
    expect(run.stderr).toContain('a is kept as text, as you typed it: as a number it would be changed');
    const { value } = await kgitJson(path, ['get']);
    expect(value).toMatchObject({
      a: BIG,
      b: '-9007199254740993',
      c: '0.12345678901234567890',
      d: '9007199254740992',
    });
    expect((await kgit(path, ['get', 'a'])).stdout).toBe(`${BIG}\n`);
    await kgitJson(path, ['set', '--create-key', 'a=1', '--if', `a=${BIG}`]);
    expect((await kgit(path, ['get', 'nothing', '--default', BIG])).stdout).toBe(`${BIG}\n`);
  });

  it('is text in a parameter, always', async () => {
    const path = stateRepository();
    await kgitJson(path, ['push-event', 'x', '--cluster', 'prod', '--param', `n=${BIG}`]);
    const { events } = await kgitJson(path, ['log']);
    expect(events[0].parameters).toEqual({ n: BIG });
  });
});
