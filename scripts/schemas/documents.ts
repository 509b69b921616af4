/** The files of a state repository that people open in an editor. */
import { z } from 'zod';
import { FORGE_KINDS } from '../../src/forge/forge-kind.js';
import { LOCK_PLACES } from '../../src/model/lease/lock-place.js';
import { PENDING, PHASE_VERBS } from '../../src/model/state/phase.js';
import { MAX_IDENTITIES, MAX_IDENTITY } from '../../src/model/subject/management-identity.js';
import { ON_PROTECTED, SETTING_RULES } from '../../src/setup/settings.js';
import { API_VERSION } from '../../src/store/read/records.js';
import { action, eventFields, label } from './parts.js';

/** An event file; unknown keys are kept, so they are allowed. */
export const event = z.looseObject(eventFields).meta({
  title: 'kgit event',
  description: 'An immutable record that something happened to a deployment or cluster.',
});

const STATUSES = [...new Set([...Object.values(PHASE_VERBS).map(({ status }) => status), PENDING])];
const phase = z.looseObject({
  status: z
    .enum(STATUSES as [string])
    .optional()
    .describe('kgit phase sets it; pending where it is left out.'),
  updated_at: z.string().optional().describe('When it became that: RFC 3339.'),
  skipped_reason: z.string().optional().describe('Why it was skipped.'),
});
/** A section of the state; an empty one is null in YAML. */
const section = (shape: Readonly<Record<string, z.ZodType>>) => z.looseObject(shape).nullable().optional();

/** The state of a deployment: free below its sections, except for what kgit itself reads. */
export const state = z
  .looseObject({
    deployment: section({
      deployment_id: z.string().optional().describe('The id of the deployment.'),
      created_at: z.string().optional().describe('When it was begun: RFC 3339.'),
      phase: z.string().nullable().optional().describe('Where the deployment stands.'),
      phases: z.record(z.string(), phase).nullable().optional().describe('Every phase with its status.'),
    }).describe('The deployment itself: phase, phases, hosts, addresses.'),
    kof: section({}).describe('k0rdent observability and FinOps.'),
    azure: section({}),
    aws: section({}),
  })
  .meta({
    title: 'kgit state',
    description:
      "The state of a deployment. Change it with 'kgit set' and 'kgit phase', which leave an event.",
  });

/** A duration as settings take it: seconds, or text with units. */
const duration = (most: number) =>
  z.union([
    z.number().nonnegative().max(most),
    z.string().regex(/^(\d+(\.\d+)?|(\d+(\.\d+)?(ms|[smhdw]))+)$/),
  ]);

/** Schemas by the type word of the table of settings. */
const TYPES: Readonly<Record<string, z.ZodType>> = {
  'deployment id': z.string().min(1),
  'DNS label': label,
  'duration of 24 days at most': duration(2147483),
  'duration of 1 hour at most': duration(3600),
  'true or false': z.boolean(),
  'fail or propose': z.enum(ON_PROTECTED),
  'github, gitlab, gitea or forgejo': z.enum(FORGE_KINDS),
  'refs or branches': z.enum(LOCK_PLACES),
  'required or none': z.enum(['required', 'none']),
  'date, such as 2026-12-31': z.string().regex(/^\d{4}-\d\d-\d\d$/),
  'list of phase names': z.array(action).max(100),
};

type Tree = Map<string, Tree | z.ZodType>;

function objectOf(tree: Tree): z.ZodType {
  const shape = [...tree].map(([key, below]) => [key, below instanceof Map ? objectOf(below) : below]);
  return z.strictObject(Object.fromEntries(shape)).nullable().optional();
}

/** The settings that a kgit.yaml may have, from the table of settings. */
function settings(): z.ZodType {
  const root: Tree = new Map<string, Tree | z.ZodType>([['backend', z.literal('git').optional()]]);
  for (const { name, type, places, about } of SETTING_RULES) {
    if (!places.includes('kgit.yaml')) continue;
    const value = TYPES[type];
    if (!value) throw new Error(`no schema says what a '${type}' is: add it to TYPES`);
    const path = name.split('.');
    let tree = root;
    for (const key of path.slice(0, -1)) {
      const below = tree.get(key) ?? new Map();
      tree.set(key, below);
      tree = below as Tree;
    }
    tree.set(path.at(-1) as string, value.optional().describe(about));
  }
  return objectOf(root);
}

/** The file that marks a state repository. */
export const marker = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal('StateRepository'),
    managements: z
      .record(
        label,
        z
          .strictObject({
            identity: z
              .string()
              .max(MAX_IDENTITY)
              .optional()
              .describe("What it is known by: the strongest. kgit notes it at the first 'kgit status'."),
            other_identities: z
              .array(z.string().max(MAX_IDENTITY))
              .max(MAX_IDENTITIES - 1)
              .optional()
              .describe('What else it is known by.'),
          })
          .nullable(),
      )
      .nullable()
      .optional()
      .describe('The k0rdent management clusters, by name.'),
    settings: settings().describe('Settings for everybody who works with this repository.'),
  })
  .meta({
    title: 'kgit.yaml',
    description: 'Marks a state repository, and holds what its team has agreed on.',
  });
