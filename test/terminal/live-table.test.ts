import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { requireKubectl, sample, samples } from '../k0rdent/support.js';
import type { KubeObject } from '../support/api-server/objects.js';
import { type ApiServer, startApiServer } from '../support/api-server/server.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { kgitJson } from '../support/kgit.js';
import { until } from '../support/patience.js';
import { onTerminal, type RunningTerminal, startOnTerminal } from '../support/terminal.js';

const CTRL_C = '\u0003';
const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?25h\u001b[?1049l';

let server: ApiServer;
let folder: string;
beforeAll(() => requireKubectl());
beforeEach(async () => {
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')], clusters: samples() });
  folder = temporaryFolder();
  await kgitJson('.', ['init', folder]);
  await kgitJson(folder, ['status'], { env: { KUBECONFIG: server.kubeconfig } });
});
afterEach(() => server.stop());

function start(columns: number, args: readonly string[] = [], env: Record<string, string> = {}) {
  const all = { KUBECONFIG: server.kubeconfig, CI: '', ...env };
  return startOnTerminal(folder, ['status', '--watch', '--utc', ...args], { columns, env: all });
}

/** The lines of each frame that was drawn, without colours. */
function framesOf(screen: string): string[][] {
  return screen
    .split('\u001b[H')
    .slice(1)
    .map((frame) => (frame.split('\u001b[J')[0] ?? '').replace(/\u001b\[[\d?]*[a-zA-Z]/g, '').split(/\r+\n/));
}

const shown = ({ said }: RunningTerminal) => framesOf(said.screen).at(-1)?.join('\n') ?? '';
const comes = (terminal: RunningTerminal, text: string) =>
  until(
    () => shown(terminal).includes(text),
    () => terminal.said.screen,
  );

const READY = sample('cld-01-azure-healthy.yaml');

describe('kgit status --watch on a terminal', () => {
  it.each([80, 40, 160])('is one table that follows what happens, at %d columns', async (columns) => {
    const terminal = start(columns);
    await until(
      () => server.journal.watches === 1,
      () => terminal.said.screen,
    );
    await comes(terminal, '18 clusters');
    const { status: _, ...bare } = READY;
    server.apply(bare as KubeObject);
    await comes(terminal, 'Ready -> New');
    server.remove(sample('cld-10-adopted-healthy.yaml'));
    await comes(terminal, '17 clusters');
    terminal.child.stdin.write(CTRL_C);
    const { code, screen } = await terminal.ended;
    expect(code).toBe(130);
    expect(screen.split(ENTER)).toHaveLength(2);
    expect(screen.split(LEAVE)).toHaveLength(2);
    // The last frame stays on the terminal.
    expect(screen.split(LEAVE)[1]).toContain('17 clusters');
    for (const frame of framesOf(terminal.said.screen)) {
      expect(frame.length).toBeLessThanOrEqual(24);
      for (const line of frame) expect(line.length, JSON.stringify(line)).toBeLessThan(columns);
    }
    const rows = shown(terminal).split('\n');
    const at = (word: RegExp) => rows.findIndex((line) => word.test(line));
    // The worst one is shown whatever the room; the wide screen has room for all.
    expect(at(/vsphere-dc2-dev/)).toBeGreaterThan(0);
    const last = columns === 160 ? /edge-store-042/ : /… and \d+ more/;
    expect(at(last)).toBeGreaterThan(at(/vsphere-dc2-dev/));
    expect(at(/azure-prod-weu {2}Ready -> New/)).toBeGreaterThan(at(last));
  });

  it('takes the size that the terminal gets meanwhile', async () => {
    const terminal = start(160);
    await comes(terminal, '18 clusters');
    terminal.resize(60, 12);
    const isSmall = () => {
      const lines = framesOf(terminal.said.screen).at(-1) ?? [];
      return lines.length <= 12 && lines.every((line) => line.length < 60);
    };
    await until(isSmall, () => shown(terminal));
    terminal.child.stdin.write(CTRL_C);
    await terminal.ended;
  });

  it('holds notes back beside --record, and tells them once the table is gone', async () => {
    const terminal = start(80, ['--record']);
    await comes(terminal, '18 clusters');
    await until(() => server.journal.watches === 1);
    // No subject has such a name, and so no event.
    const { uid: _, ...metadata } = READY.metadata;
    server.apply({ ...READY, metadata: { ...metadata, name: 'No_Name' } } as KubeObject);
    await comes(terminal, '19 clusters');
    await comes(terminal, '! not recorded');
    terminal.child.stdin.write(CTRL_C);
    const { screen } = await terminal.ended;
    expect(screen.split(LEAVE)[1]).toContain('not recorded');
    // Nothing else is written between frames, but for what the terminal echoes of a key.
    const between = screen.split(ENTER)[1]?.split(LEAVE)[0] ?? '';
    for (const frame of between.split('\u001b[?2026h').slice(1))
      expect(frame).toMatch(/\u001b\[\?2026l\n?(\^C)?$/);
  });

  it('gives the terminal back where the watch fails, and after SIGTERM', async () => {
    const failing = start(80);
    await comes(failing, '18 clusters');
    await until(() => server.journal.watches === 1);
    server.inject({ kind: 'forbidden', when: ({ query }) => query.has('watch') });
    server.journal.tell('end');
    const { code, screen } = await failing.ended;
    expect(code).toBe(17);
    expect(screen.split(LEAVE)[1]).toContain('403');
    server.reset();
    const ended = start(80);
    await comes(ended, '18 clusters');
    process.kill(ended.program(), 'SIGTERM');
    const last = await ended.ended;
    expect(last.code).toBe(130);
    expect(last.screen.split(LEAVE)).toHaveLength(2);
  });

  it('shows those alone that are asked for, and no colour with NO_COLOR', async () => {
    const terminal = start(120, ['--state', 'failed'], { NO_COLOR: '1' });
    await comes(terminal, '5 of 18 clusters: 4 Failed, 1 ServicesFailed');
    expect(shown(terminal)).not.toContain('azure-prod-weu');
    expect(terminal.said.screen).not.toMatch(/\u001b\[\d+m/);
    terminal.child.stdin.write(CTRL_C);
    expect((await terminal.ended).code).toBe(130);
  });

  it.each([
    [{ TERM: 'dumb' }, []],
    [{ CI: 'true' }, []],
    [{}, ['-o', 'jsonl']],
  ])('prints lines where no table can be or shall be drawn: %j %j', async (env, args) => {
    const { code, screen } = await onTerminal(folder, ['status', '--watch', ...args], {
      env: { KUBECONFIG: server.kubeconfig, CI: '', ...env },
      typesAfter: 'watching',
      input: CTRL_C,
    });
    expect(code).toBe(130);
    expect(screen).not.toContain(ENTER);
    expect(screen).toContain('azure-prod-weu');
  });
});
