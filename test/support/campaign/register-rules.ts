import { type Call, type Held, type History, isUnknown, mayFindNothing } from './history.js';
import { linearize, type RegisterCall } from './linearizable.js';

const NOTHING = { value: null } as const;

/** The effect of a completed call on its register. */
function effect({ id, step }: Call): Omit<RegisterCall, 'began' | 'ended'> | null {
  if (step.kind === 'unset') return { name: `${id} unset`, finds: 'any', leaves: NOTHING };
  if (step.kind !== 'set') return null;
  const name = `${id} set ${step.value}${step.expected === undefined ? '' : ` if ${step.expected}`}`;
  const finds = step.expected === undefined ? {} : { finds: { value: step.expected } };
  return { name, ...finds, leaves: { value: step.value } };
}

/** A call from the register's point of view; null if it does not concern the register. */
function registerCall(call: Call, published: ReadonlySet<string>): RegisterCall | null {
  const { id, began, answer, step } = call;
  if (published.has(id)) {
    const isDone = call.code === 0 && answer?.delivery === 'published';
    const known = effect(call);
    return known && { ...known, began, ended: isDone ? call.ended : Number.POSITIVE_INFINITY };
  }
  if (isUnknown(call)) return null;
  if (mayFindNothing(call))
    return { name: `${id} found nothing later`, began, ended: Number.POSITIVE_INFINITY, finds: NOTHING };
  const seen = { began, ended: call.ended };
  if (step.kind === 'unset' && answer?.delivery === 'unchanged')
    return { name: `${id} found nothing`, ...seen, finds: NOTHING };
  const refusal = answer?.error?.code === 'CONFLICT' ? answer.error.data : undefined;
  // Other conflicts, such as a lock's, do not concern the path.
  if (!('path' in step) || refusal?.path !== step.path) return null;
  const actual = (refusal.actual ?? null) as Held;
  return { name: `${id} refused, found ${actual}`, ...seen, finds: { value: actual } };
}

/** Compare-and-set histories are linearizable: one register for each path. */
export function checkRegisters({ calls, commits }: History): string[] {
  const published = new Set(commits.flatMap(({ events }) => events.flatMap(({ runId }) => runId ?? [])));
  const paths = new Set(calls.flatMap(({ step }) => ('path' in step ? [step.path] : [])));
  return [...paths].flatMap((path) => {
    const own = calls.filter(({ step }) => 'path' in step && step.path === path);
    const found = own.flatMap((call) => registerCall(call, published) ?? []);
    const longest = linearize(found, null);
    return longest === null
      ? []
      : [
          `${path}: not linearizable: of ${found.length} calls no order goes further than ${longest.slice(-4).join('; ')}`,
        ];
  });
}
