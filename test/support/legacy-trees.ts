import fc from 'fast-check';
import { stringify } from 'yaml';
import type { Value, ValueMap } from '../../src/model/value/value.js';

/** A file of the scripts as it was made up, and what it says. */
export interface LegacyTreeFile {
  readonly name: string;
  readonly folder: string;
  readonly text: string;
  readonly data: ValueMap;
}

/** Files that the deployment scripts may have left on one machine. */
export interface LegacyTree {
  readonly deployment: string;
  readonly files: readonly LegacyTreeFile[];
}

const text = fc.oneof(
  fc.constantFrom(
    'done',
    'Template: a-1, Credential: b',
    'it "is"',
    '1.10',
    'true',
    '',
    '🎉',
    'a\nb\n',
    ' # c',
    '- d',
  ),
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 6 }),
);
const scalar: fc.Arbitrary<Value> = fc.oneof(text, fc.boolean(), fc.integer(), fc.constant(null));
const key = fc.oneof(
  fc.constantFrom(
    'phase',
    'status',
    'k0rdent_installed',
    'kof_mothership_installed',
    'azure_rg_status',
    'aws_profile_name',
  ),
  fc.stringMatching(/^[a-z][a-z0-9_]{0,9}$/),
  fc.constantFrom('__proto__', 'constructor', 'a.b', '7', 'odd key'),
);
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    scalar,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  ),
})).value;

const at = (second: number) =>
  new Date(Date.UTC(2025, 11, 4, 1) + second * 1000).toISOString().replace('.000Z', 'Z');

/** Entries in the order in which they were logged, many in one second, equal ones among them. */
const entries: fc.Arbitrary<ValueMap[]> = fc
  .array(
    fc.record(
      {
        step: fc.constantFrom(0, 0, 0, 1, 60),
        action: fc.constantFrom(
          'phase_completed',
          'vm_created',
          'deployment_initialized',
          'Odd Action!',
          'cluster_deployment_created',
        ),
        message: text,
        phase: fc.constantFrom('create_vms', 'install_k0s'),
        extra: value,
      },
      { requiredKeys: ['step', 'action'] },
    ),
    { maxLength: 10 },
  )
  .map((all) => {
    let second = 0;
    return all.map(({ step, ...fields }) => {
      second += step;
      return { timestamp: at(second), ...fields } as ValueMap;
    });
  });

/** Ways in which values were written over the years: by hand, by versions of yq, as JSON. */
const write = fc.constantFrom<(data: ValueMap) => string>(
  (data) => stringify(data),
  (data) => stringify(data, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN', lineWidth: 0 }),
  (data) => stringify(data, { singleQuote: true, indent: 4, aliasDuplicateObjects: false }),
  (data) => stringify(data, { indentSeq: false }),
  (data) => JSON.stringify(data),
  (data) =>
    `# Auto-generated on ${at(0)}\n\n${stringify(data)}`
      .replaceAll('\n', '\r\n')
      .replaceAll('\r\n\r\n', '\r\n'),
);

const dates = { created_at: at(0), last_updated: at(500) };
const stateKeys = fc.dictionary(
  key.filter((name) => !['deployment_id', 'events', 'phases'].includes(name)),
  value,
  { maxKeys: 6 },
);

/** A tree of files of one deployment and of clusters, events embedded or in files of their own. */
export const legacyTree: fc.Arbitrary<LegacyTree> = fc
  .record({
    deployment: fc.stringMatching(/^k0rdent-[a-z0-9]{8}$/),
    state: stateKeys,
    azure: fc.option(stateKeys),
    events: entries,
    isEmbedded: fc.boolean(),
    isArchived: fc.boolean(),
    clusters: fc.uniqueArray(
      fc.record({ name: fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/), events: entries }),
      {
        selector: ({ name }) => name,
        maxLength: 3,
      },
    ),
    writers: fc.array(write, { minLength: 8, maxLength: 8 }),
  })
  .map(({ deployment, state, azure, events, isEmbedded, isArchived, clusters, writers }) => {
    const files: LegacyTreeFile[] = [];
    const add = (folder: string, name: string, data: ValueMap) => {
      const format = writers[files.length % writers.length] as (data: ValueMap) => string;
      files.push({ folder, name, data, text: format(data) });
    };
    const head = { deployment_id: deployment, ...dates };
    add('state', 'deployment-state.yaml', { ...head, ...state, ...(isEmbedded ? { events } : {}) });
    if (!isEmbedded) add('state', 'deployment-events.yaml', { ...head, events });
    if (azure) add('state', 'azure-state.yaml', { azure_credentials_configured: true, ...azure });
    for (const { name, events: own } of clusters)
      add('state', `cluster-${name}-events.yaml`, { cluster_name: name, ...dates, events: own });
    // A copy that was made when the deployment was complete: its events are those of then.
    if (isArchived) {
      const name = `${deployment}_20251204_030000_completed`;
      add('old_deployments', `${name}.yaml`, head);
      add('old_deployments', `${name}_events.yaml`, { ...head, events: events.slice(0, events.length / 2) });
    }
    return { deployment, files };
  });
