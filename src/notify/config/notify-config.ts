/** The block `notify:` of the server's configuration. */
import '../../model/value/zod-settings.js';
import * as z from 'zod/mini';
import { CLUSTER_STATES } from '../../k0rdent/cluster/cluster-state.js';
import { OUTCOMES } from '../../model/event/event.js';
import { parseDuration } from '../../model/value/time.js';
import { webLink } from '../../model/value/web-link.js';
import { DEFAULT_RULES } from '../rules/default-rules.js';
import { NO_STATE, OCCASIONS, type Rule, SELECTORS } from '../rules/rule.js';

export const TARGET_TYPES = ['slack', 'teams', 'discord', 'webhook', 'exec'] as const;
export type TargetType = (typeof TARGET_TYPES)[number];

/** Where a secret is: a variable of the server, or a file. */
export type SecretPlace = { readonly env: string } | { readonly file: string };

/** How one receiver is reached. */
export type Channel =
  | { readonly type: 'slack' | 'teams' | 'discord'; readonly url: SecretPlace }
  | { readonly type: 'webhook'; readonly url: SecretPlace; readonly secret: SecretPlace | null }
  | { readonly type: 'exec'; readonly command: readonly [string, ...string[]] };

/** A target with its defaults filled in. */
export interface Target {
  readonly name: string;
  readonly channel: Channel;
  readonly rules: readonly Rule[];
  /** Time limit of one try, in ms. */
  readonly timeoutMs: number;
  /** More messages than this in a window of this many ms become one digest; null: never. */
  readonly burst: { readonly messages: number; readonly windowMs: number } | null;
  /** When a message is given up. */
  readonly retry: { readonly attempts: number; readonly giveUpMs: number };
}

export interface NotifyConfig {
  /** Address of the page, for links; without a slash at its end. Null: messages have no links. */
  readonly pageUrl: string | null;
  readonly targets: readonly Target[];
}

/** What is wrong with a block, and where: `notify`, `targets`, … */
export interface ConfigFault {
  readonly path: readonly string[];
  readonly problem: string;
}

const MAX_TARGETS = 20;
const MAX_RULES = 50;
const MAX_WORDS = 50;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A busy minute of a chat stays readable. */
const DEFAULT_BURST = { messages: 10, windowMs: MINUTE_MS };
/** With the waits of `retryMs`, about as long as `giveUpMs`. */
const DEFAULT_RETRY = { attempts: 60, giveUpMs: 4 * HOUR_MS };
const DEFAULT_TIMEOUT_MS = 10_000;

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const name = z.string().check(z.regex(NAME, { error: 'a name is 1 to 63 characters of a-z, 0-9 and -' }));
const line = z
  .string()
  .check(
    z.minLength(1),
    z.maxLength(1024),
    z.regex(/^[^\u0000-\u001f\u007f]*$/, { error: 'it has control characters' }),
  );
const variable = z
  .string()
  .check(
    z.regex(/^[A-Za-z_][A-Za-z0-9_]{0,254}$/, { error: 'it is not the name of an environment variable' }),
  );

/** One word or a list of them, as a list. */
const listOf = <T>(word: z.ZodMiniType<T>) =>
  z.pipe(
    z.union([z.array(word).check(z.minLength(1), z.maxLength(MAX_WORDS)), word]),
    z.transform((given: T | T[]): readonly T[] => (Array.isArray(given) ? given : [given])),
  );

/** A duration within bounds, in ms. */
const duration = (least: number, most: number) =>
  z.pipe(
    z.union([z.string(), z.number()]),
    z.transform((given: string | number, context) => {
      const ms = msOf(given);
      if (ms !== null && ms >= least && ms <= most) return ms;
      const problem = `it is not a duration from ${least / 1000} s to ${most / 1000} s`;
      context.issues.push({ code: 'custom', message: problem, input: given });
      return z.NEVER;
    }),
  );

function msOf(given: string | number): number | null {
  try {
    return typeof given === 'number' ? given * 1000 : parseDuration(given);
  } catch {
    // The fault names the key and the bounds, which says more.
    return null;
  }
}

const state = z.enum([...CLUSTER_STATES, NO_STATE]);
const rule = z.strictObject({
  name: z.optional(name),
  on: listOf(z.enum(OCCASIONS)),
  action: z.optional(listOf(line)),
  outcome: z.optional(listOf(z.enum(OUTCOMES))),
  user: z.optional(listOf(line)),
  subject: z.optional(listOf(line)),
  from: z.optional(listOf(state)),
  to: z.optional(listOf(state)),
  divergence: z.optional(listOf(line)),
});

const common = {
  rules: z.optional(z.array(rule).check(z.minLength(1), z.maxLength(MAX_RULES))),
  timeout: z.optional(duration(1000, 10 * MINUTE_MS)),
  burst: z.optional(
    z.union([
      z.literal('none'),
      z.strictObject({
        messages: z.int().check(z.minimum(1), z.maximum(1000)),
        window: duration(1000, HOUR_MS),
      }),
    ]),
  ),
  retry: z.optional(
    z.strictObject({
      attempts: z.optional(z.int().check(z.minimum(1), z.maximum(1000))),
      give_up_after: z.optional(duration(1000, 7 * 24 * HOUR_MS)),
    }),
  ),
};
const url = { url_env: z.optional(variable), url_file: z.optional(line) };
const secret = { secret_env: z.optional(variable), secret_file: z.optional(line) };
const target = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['slack', 'teams', 'discord']), ...url, ...common }),
  z.strictObject({ type: z.literal('webhook'), ...url, ...secret, ...common }),
  z.strictObject({
    type: z.literal('exec'),
    command: z
      .array(z.string().check(z.maxLength(4096), z.regex(/^[^\0]*$/)))
      .check(z.minLength(1), z.maxLength(100)),
    ...common,
  }),
]);
const block = z.strictObject({
  page_url: z.optional(line),
  targets: z.record(name, target),
});

type GivenTarget = z.infer<typeof target>;
type GivenRule = z.infer<typeof rule>;

const NEITHER = 'a secret address is never in the file itself: name a variable or a file that holds it';

/** What the schema cannot say about a target: keys that need, or exclude, each other. */
function faultsOf(path: readonly string[], given: GivenTarget): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (given.type === 'exec') {
    if (given.command[0] === '') faults.push({ path: [...path, 'command'], problem: 'it names no program' });
  } else {
    const { url_env: env, url_file: file } = given;
    if ((env === undefined) === (file === undefined))
      faults.push({ path, problem: `it needs either url_env or url_file: ${NEITHER}` });
    if (given.type === 'webhook' && given.secret_env !== undefined && given.secret_file !== undefined)
      faults.push({ path, problem: 'it has both secret_env and secret_file' });
  }
  for (const [index, one] of (given.rules ?? []).entries()) {
    const at = [...path, 'rules', String(index)];
    for (const [selector, occasions] of Object.entries(SELECTORS)) {
      if (one[selector as keyof typeof SELECTORS] === undefined) continue;
      const alien = one.on.find((occasion) => !(occasions as readonly string[]).includes(occasion));
      if (alien !== undefined)
        faults.push({
          path: [...at, selector],
          problem: `it never selects ${alien}: it is for ${occasions.join(', ')}`,
        });
    }
  }
  return faults;
}

function placeOf(env: string | undefined, file: string | undefined): SecretPlace | null {
  if (env !== undefined) return { env };
  return file === undefined ? null : { file };
}

function channelOf(given: GivenTarget): Channel {
  if (given.type === 'exec') {
    const [program = '', ...args] = given.command;
    return { type: 'exec', command: [program, ...args] };
  }
  const at = placeOf(given.url_env, given.url_file) ?? { env: '' };
  if (given.type !== 'webhook') return { type: given.type, url: at };
  return { type: 'webhook', url: at, secret: placeOf(given.secret_env, given.secret_file) };
}

/** Rules without a name are named after their place. */
function rulesOf(given: readonly GivenRule[] | undefined): readonly Rule[] {
  return given?.map((one, index) => ({ ...one, name: one.name ?? `rule-${index + 1}` })) ?? DEFAULT_RULES;
}

function targetOf(named: string, given: GivenTarget): Target {
  const { burst, retry, timeout } = given;
  // Programs want every event; people want to read.
  const preset = given.type === 'webhook' || given.type === 'exec' ? null : DEFAULT_BURST;
  return {
    name: named,
    channel: channelOf(given),
    rules: rulesOf(given.rules),
    timeoutMs: timeout ?? DEFAULT_TIMEOUT_MS,
    burst:
      burst === undefined
        ? preset
        : burst === 'none'
          ? null
          : { messages: burst.messages, windowMs: burst.window },
    retry: {
      attempts: retry?.attempts ?? DEFAULT_RETRY.attempts,
      giveUpMs: retry?.give_up_after ?? DEFAULT_RETRY.giveUpMs,
    },
  };
}

/** Names of rules that two rules of a target share: the ids of messages would not tell them apart. */
function sameNames(path: readonly string[], rules: readonly Rule[]): ConfigFault[] {
  const names = rules.map((one) => one.name);
  const twice = names.findIndex((one, index) => names.indexOf(one) < index);
  if (twice < 0) return [];
  return [{ path: [...path, 'rules', String(twice), 'name'], problem: 'another rule has this name' }];
}

/** What an issue of the schema means, and where; no value of the file is in it. */
function faultOf(issue: z.core.$ZodIssue, above: readonly string[] = []): ConfigFault {
  const path = [...above, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => JSON.stringify(key.slice(0, 60))).join(', ');
    const advice = issue.keys.some((key) => key === 'url' || key === 'secret') ? `; ${NEITHER}` : '';
    return { path: [...path, ...issue.keys.slice(0, 1)], problem: `there is no ${keys} here${advice}` };
  }
  if (issue.code === 'invalid_key') return { path, problem: issue.issues[0]?.message ?? issue.message };
  if (issue.code !== 'invalid_union') return { path, problem: issue.message };
  // The form that was meant is the one that was left the latest: a list by its item, else the last form.
  const inner = issue.errors.flatMap(([first]) => (first === undefined ? [] : [first]));
  const [meant] = [...inner].reverse().sort((one, other) => other.path.length - one.path.length);
  return meant === undefined ? { path, problem: issue.message } : faultOf(meant, path);
}

/** Parses the block `notify:`. What is wrong is listed in full; no value of the file is repeated. */
export function parseNotifyConfig(
  given: unknown,
): { readonly config: NotifyConfig } | { readonly faults: readonly ConfigFault[] } {
  const parsed = block.safeParse(given);
  if (!parsed.success) return { faults: parsed.error.issues.map((issue) => faultOf(issue)) };
  const { page_url: page, targets: named } = parsed.data;
  const entries = Object.entries(named);
  const pageUrl = page === undefined ? null : webLink(page);
  const targets = entries.map(([one, each]) => targetOf(one, each));
  const faults: ConfigFault[] = [
    ...(page !== undefined && (pageUrl === null || /[?#]/.test(page))
      ? [{ path: ['page_url'], problem: 'it is not an http or https address without a query' }]
      : []),
    ...(entries.length > MAX_TARGETS
      ? [{ path: ['targets'], problem: `there are more than ${MAX_TARGETS} targets` }]
      : []),
    ...entries.flatMap(([one, each]) => faultsOf(['targets', one], each)),
    ...targets.flatMap((each) => sameNames(['targets', each.name], each.rules)),
  ];
  if (faults.length > 0) return { faults };
  return { config: { pageUrl: pageUrl?.replace(/\/+$/, '') ?? null, targets } };
}
