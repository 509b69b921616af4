import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LIFECYCLES, OUTCOMES } from '../../src/model/event/event.js';
import { formatEvent } from '../../src/model/event/event-file.js';
import { checkEventFields } from '../../src/model/event/event-schema.js';
import { newEvent } from '../../src/model/event/new-event.js';
import { applyEdits } from '../../src/model/state/apply.js';
import { monotonicIds } from '../../src/model/value/ulid.js';
import { SETTING_RULES } from '../../src/setup/settings.js';
import { key, plainEdit, value } from '../support/arbitraries.js';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { readSchema, schemaProblems } from '../support/schemas.js';

const root = join(import.meta.dirname, '../..');
const NAMES = ['event', 'state', 'kgit'] as const;
const problems = (name: (typeof NAMES)[number], text: string) =>
  schemaProblems(`${name}.schema.json`, parse(text));
const NOW = Date.UTC(2026, 0, 1);
const EVENT =
  'id: 01M80529TC09N9KSJD8GD522VG\ntimestamp: "2026-08-22T10:00:20.204Z"\naction: cluster_created\n';
const MARKER = 'apiVersion: kgit/v1\nkind: StateRepository\n';

const word = fc.string({ minLength: 1, maxLength: 8 });
const mapping = fc.dictionary(key, value, { maxKeys: 3 });
const optional = { requiredKeys: ['action' as const] };
/** What a writer may give. */
const fields = fc.record(
  {
    action: fc.stringMatching(/^[a-z0-9][a-z0-9_.-]{0,20}$/),
    timestamp: fc.integer({ min: 0, max: NOW }).map((time) => new Date(time).toISOString()),
    ...{ user: word, phase: word, run_id: word, host: word },
    ...{ message: fc.string(), reason: fc.string(), command: fc.string(), notes: fc.string() },
    ...{ outcome: fc.constantFrom(...OUTCOMES), lifecycle: fc.constantFrom(...LIFECYCLES) },
    duration_seconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
    ...{ parameters: mapping, context: mapping, source: mapping },
  },
  optional,
);

describe('everything that kgit writes is valid', () => {
  it('events, whatever their fields', () => {
    const ids = monotonicIds(
      () => NOW,
      () => new Uint8Array(10),
    );
    fc.assert(
      fc.property(mapping, fields, (extra, given) => {
        const event = newEvent(checkEventFields({ ...extra, ...given }), ids, NOW, {
          user: 'ada',
          host: 'h',
        });
        expect(problems('event', formatEvent(event))).toEqual([]);
      }),
    );
  });

  it('states, whatever is set and unset', () => {
    fc.assert(
      fc.property(fc.array(plainEdit, { maxLength: 6 }), (edits) => {
        const possible = edits.filter((edit) => typeof edit.path[0] === 'string');
        let text: string | null = null;
        for (const edit of possible) {
          try {
            text = applyEdits(text, [edit], 's').text;
          } catch {
            // A scalar is in the way of this one.
          }
        }
        expect(problems('state', text ?? '{}')).toEqual([]);
      }),
    );
  });

  it('a whole repository, in which every schema that a file names is found', async () => {
    const path = temporaryFolder();
    await kgitJson(path, ['init', '--deployment', 'dep-a', '--management', 'eu-hub', '--ci', 'github']);
    await kgitJson(path, ['phase', 'start', 'create_vms']);
    await kgitJson(path, ['phase', 'skip', 'setup_vpn', '--reason', 'none']);
    await kgitJson(path, ['set', 'kof.hosts=[{a.b: 1}]', 'azure.x=null']);
    await kgitJson(path, ['unset', 'kof']);
    await kgitJson(path, [
      'push-event',
      'a',
      '--cluster',
      'c',
      '--message',
      'password=hunter2hunter2',
      '--allow-secret',
      'a test',
    ]);
    expect((await kgit(path, ['run', 'upgrade', '--cluster', 'c', '--', 'true'])).code).toBe(0);
    await kgitJson(path, ['import', join(root, 'examples/legacy-state')]);
    await kgitJson(path, [
      'import',
      join(root, 'test/sync/fixtures/state'),
      '--deployment',
      'dep-b',
      '--skip-invalid',
    ]);
    const files = git(path, 'ls-tree', '-r', '--name-only', 'main').split('\n');
    const seen = { event: 0, state: 0, kgit: 0 };
    for (const file of files) {
      const text = readFileSync(join(path, file), 'utf8');
      const name =
        file === 'kgit.yaml'
          ? 'kgit'
          : file.endsWith('/state.yaml')
            ? 'state'
            : file.includes('/events/')
              ? 'event'
              : null;
      if (name === null) continue;
      seen[name] += 1;
      expect(problems(name, text), file).toEqual([]);
      if (name === 'event') continue;
      const [, named = ''] = /^# yaml-language-server: \$schema=(\S+)$/m.exec(text) ?? [];
      const schema = readFileSync(join(path, dirname(file), named), 'utf8');
      expect(JSON.parse(schema)).toEqual(readSchema(`${name}.schema.json`));
    }
    expect(seen.kgit).toBe(1);
    expect(seen.state).toBeGreaterThanOrEqual(2);
    expect(seen.event).toBeGreaterThan(20);
  });

  it('kgit.yaml: every setting, as the table of settings reads it', () => {
    const samples = ['x', 'a-b', 'A B', '', 5, 0.5, -1, '5m12s', '5 m', true, {}, [], ['a_b'], ['A b'], [1]];
    const rules = SETTING_RULES.filter(({ places }) => places.includes('kgit.yaml'));
    expect(rules.length).toBeGreaterThan(4);
    for (const { name, read } of rules) {
      for (const sample of samples) {
        const settings = name.split('.').reduceRight<unknown>((inner, part) => ({ [part]: inner }), sample);
        const found = problems('kgit', `${MARKER}settings: ${JSON.stringify(settings)}\n`);
        expect(found.length === 0, `${name}: ${JSON.stringify(sample)}`).toBe(read(sample) !== undefined);
      }
    }
  });
});

describe('typical mistakes are not', () => {
  it.each([
    ['timestamp', EVENT.replace('2026-08-22T10:00:20.204Z', 'yesterday')],
    ['timestamp', EVENT.replace('20.204Z', '20+02:00')],
    ['action', EVENT.replace('cluster_created', 'Cluster created')],
    ['action', EVENT.replace(/action.*\n/, '')],
    ['id', EVENT.replace('01M80', '01m80')],
    ['id', EVENT.replace('01M80', '91M80')],
    ['outcome', `${EVENT}outcome: success\n`],
    ['lifecycle', `${EVENT}lifecycle: gone\n`],
    ['duration_seconds', `${EVENT}duration_seconds: 5m\n`],
    ['parameters', `${EVENT}parameters: [a=b]\n`],
    ['changes', `${EVENT}changes: [{after: 1}]\n`],
    ['user', `${EVENT}user: ''\n`],
    ['message', `${EVENT}message: {a: 1}\n`],
    ['object', '- 1\n'],
  ])('event: %s (%#)', (words, text) => {
    expect(problems('event', EVENT)).toEqual([]);
    expect(problems('event', text).join()).toContain(words);
  });

  it.each([
    ['object', '- deployment\n'],
    ['/deployment', 'deployment: dep-a\n'],
    ['/deployment/phase', 'deployment: {phase: 3}\n'],
    ['/deployment/phases', 'deployment: {phases: [create_vms]}\n'],
    ['/deployment/phases/a', 'deployment: {phases: {a: completed}}\n'],
    ['/deployment/phases/a/status', 'deployment: {phases: {a: {status: done}}}\n'],
    ['/kof', 'kof: 1.5.0\n'],
  ])('state: %s (%#)', (words, text) => {
    expect(
      problems(
        'state',
        'deployment: {phase: a, phases: {a: {status: completed}, b: {updated_at: x}}, x: 1}\nkof:\n',
      ),
    ).toEqual([]);
    expect(problems('state', text).join()).toContain(words);
  });

  it.each([
    ['apiVersion', MARKER.replace('v1', 'v2')],
    ['kind', MARKER.replace('StateRepository', 'State')],
    ['setings', `${MARKER}setings: {}\n`],
    ['maxage', `${MARKER}settings: {read: {maxage: 5m}}\n`],
    ['user', `${MARKER}settings: {user: ada}\n`],
    ['/settings/backend', `${MARKER}settings: {backend: etcd}\n`],
    ['/managements', `${MARKER}managements: [eu-hub]\n`],
    ['EU Hub', `${MARKER}managements: {EU Hub: {}}\n`],
    ['identiy', `${MARKER}managements: {eu-hub: {identiy: x}}\n`],
  ])('kgit.yaml: %s (%#)', (words, text) => {
    expect(problems('kgit', `${MARKER}managements: {eu-hub: , us-hub: {identity: x}}\nsettings:\n`)).toEqual(
      [],
    );
    expect(problems('kgit', text).join()).toContain(words);
  });
});

it('what editors get says nothing that an older draft does not understand, and refers to nothing', () => {
  const newer =
    /"(\$ref|\$defs|\$dynamic\w+|unevaluated\w+|prefixItems|dependent\w+|minContains|maxContains)":/;
  for (const name of NAMES) expect(JSON.stringify(readSchema(`${name}.schema.json`))).not.toMatch(newer);
});
