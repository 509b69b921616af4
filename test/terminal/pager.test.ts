import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson, PROGRAM } from '../support/kgit.js';
import { typeAtTerminal } from '../support/shell-terminal.js';
import { stateRepository } from '../support/state-repository.js';
import { onTerminal } from '../support/terminal.js';

const EVENTS = 60;

/** Nobody names a pager. */
const IS_LESS = { PAGER: undefined };

/** What the pagers of these tests leave in a file, so that a test sees what they got. */
function pagerInto(file: string): string {
  return `cat > '${file}'; printf 'PAGED\\n'`;
}

describe('the pager', () => {
  let cwd = '';
  beforeAll(async () => {
    cwd = stateRepository({});
    const lines = Array.from({ length: EVENTS }, (_, i) =>
      JSON.stringify({ subject: 'deployment/dep-a', action: 'noted', message: `number ${i + 1}` }),
    );
    const args = ['push-event', '--stdin'];
    const run = await kgit(cwd, args, { input: `${lines.join('\n')}\n` });
    expect(run.stderr).toBe('');
    expect(run.code).toBe(0);
  });

  it('is less, left with q; the exit code of kgit stays', async () => {
    const { code, screen } = await onTerminal(cwd, ['log'], {
      env: IS_LESS,
      input: 'q',
      typesAfter: 'number 5',
    });
    // The terminal has 24 lines, so what comes later was never shown.
    expect(screen).toContain('number 5');
    expect(screen).not.toContain(`number ${EVENTS}`);
    expect(code).toBe(0);
  });

  it('shows what fits on the screen without waiting', async () => {
    const { code, screen } = await onTerminal(cwd, ['log', '--limit', '3'], { env: IS_LESS });
    expect(screen).toContain(`number ${EVENTS}`);
    expect(code).toBe(0);
  });

  it('leaves Ctrl-C to less, which goes on until it is left', async () => {
    const command = `sh -c 'trap : INT; "${process.execPath}" "${PROGRAM}" log; echo code=$?'`;
    const screen = await typeAtTerminal(cwd, command, IS_LESS, [
      // less that is interrupted just before it reads a key neither draws its prompt again nor obeys the next one.
      { after: 'number 5', types: '\u0003jG' },
      { after: `number ${EVENTS}`, types: 'q' },
    ]);
    expect(screen).toMatch(/code=0$/m);
  });

  it.each<[string, Record<string, string>]>([
    ['KGIT_PAGER', {}],
    ['PAGER', {}],
    ['KGIT_PAGER', { PAGER: 'false' }],
  ])('is what %s names, beside %j', async (name, others) => {
    const file = join(temporaryFolder(), 'paged');
    const env = { ...others, [name]: pagerInto(file) };
    const { code, screen } = await onTerminal(cwd, ['log'], { env });
    expect(screen).toContain('PAGED');
    expect(screen).not.toContain('number');
    expect(code).toBe(0);
  });

  it.each<[string, readonly string[], Record<string, string>]>([
    ['with --no-pager', ['log', '--no-pager'], {}],
    ['with --json', ['log', '--json'], {}],
    ['with -o jsonl', ['log', '-o', 'jsonl'], {}],
    ['where KGIT_PAGER is cat', ['log'], { KGIT_PAGER: 'cat' }],
    ['where KGIT_PAGER is empty', ['log'], { KGIT_PAGER: '' }],
    ['in CI', ['log'], { CI: 'true' }],
    ['for a write', ['set', 'deployment.count=4'], {}],
  ])('is off %s', async (_why, args, env) => {
    const { code, screen } = await onTerminal(cwd, args, {
      env: { PAGER: 'printf PAGED; cat', ...env },
    });
    expect(screen).not.toContain('PAGED');
    expect(screen).toContain(args[0] === 'set' ? 'deployment.count' : `number ${EVENTS}`);
    expect(code).toBe(0);
  });

  it('is off in a pipe', async () => {
    const { code, stdout } = await kgit(cwd, ['log'], { env: { PAGER: 'printf PAGED' } });
    expect(stdout).not.toContain('PAGED');
    expect(stdout).toContain(`number ${EVENTS}`);
    expect(code).toBe(0);
  });

  it.each([
    ['reads one line and ends', 'head -n 1'],
    ['reads nothing', 'exec <&-; true'],
    ['fails', 'head -n 1; exit 3'],
  ])('is no failure of kgit where it %s', async (_why, pager) => {
    const { code, screen } = await onTerminal(cwd, ['log', '-o', 'wide'], { env: { KGIT_PAGER: pager } });
    expect(screen).not.toMatch(/EPIPE|error|INTERNAL/);
    expect(code).toBe(0);
  });

  it('that cannot be run leaves the result to the terminal', async () => {
    const { code, screen } = await onTerminal(cwd, ['log'], { env: { KGIT_PAGER: 'no-such-pager' } });
    expect(screen).toContain(`number ${EVENTS}`);
    expect(code).toBe(0);
  });

  it('keeps the exit code of a command that found something', async () => {
    const { code } = await onTerminal(cwd, ['get', 'no.such.path'], { env: { KGIT_PAGER: 'cat; true' } });
    expect(code).toBe(15);
  });

  it('is never what the repository or git names', async () => {
    const file = join(temporaryFolder(), 'ran');
    const own = stateRepository({});
    writeFileSync(
      join(own, '.git/config'),
      `\n[core]\n\tpager = touch '${file}'\n[pager]\n\tlog = touch '${file}'\n`,
      {
        flag: 'a',
      },
    );
    const { screen } = await onTerminal(own, ['get'], { env: { GIT_PAGER: `touch '${file}'` } });
    expect(screen).toContain('dep-a');
    await expect(kgitJson(own, ['get'])).resolves.toBeTruthy();
    expect(() => writeFileSync(file, '', { flag: 'wx' })).not.toThrow();
  });
});
