import { Flags, type Interfaces } from '@oclif/core';
import { UsageError } from '../../errors.js';
import { isLabel } from '../../model/subject/subject.js';
import type { Format } from '../../terminal/output.js';
import { FAIL_ON_WORDS } from './fail-on.js';
import { LIST_FLAGS } from './list-options.js';

/** Flags of `kgit status` besides those of every command that queries a cluster. */
export const STATUS_FLAGS = {
  ...LIST_FLAGS,
  namespace: Flags.string({ char: 'n', helpValue: 'NS', summary: 'Only clusters in this namespace.' }),
  'all-namespaces': Flags.boolean({
    char: 'A',
    exclusive: ['namespace'],
    summary: 'Clusters in all namespaces that you may read: the default.',
  }),
  selector: Flags.string({
    char: 'l',
    helpValue: 'SELECTOR',
    summary: 'Only clusters with these labels, in the syntax of kubectl.',
  }),
  state: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'WORDS',
    exclusive: ['offline'],
    summary: 'Only clusters in these states, such as Failed,Deleting; not-ready is all but Ready.',
  }),
  'label-columns': Flags.string({
    char: 'L',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'KEYS',
    exclusive: ['offline'],
    summary: 'Show a column for each of these labels, in the syntax of kubectl.',
  }),
  explain: Flags.boolean({
    exclusive: ['offline'],
    summary:
      'For one cluster, also fetch the objects that it depends on and consists of, as far as you may read them.',
  }),
  'fail-on': Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'WORDS',
    summary: `Exit 3 on any of: ${FAIL_ON_WORDS.join(', ')}.`,
  }),
  watch: Flags.boolean({
    char: 'w',
    exclusive: ['explain', 'fail-on', 'offline'],
    summary: 'Keep running and report each change of a state; end with Ctrl-C.',
  }),
  record: Flags.boolean({
    dependsOn: ['watch'],
    exclusive: ['selector'],
    summary: 'Record each observed change as one event, however many processes record it.',
  }),
  offline: Flags.boolean({
    exclusive: ['context', 'kubeconfig', 'selector', 'fail-on'],
    summary: 'Query no cluster; show what is recorded.',
  }),
};

/** Throws UsageError for flags of `kgit status` that do not go together. */
export function refuseConflicts(
  flags: Interfaces.InferredFlags<typeof STATUS_FLAGS>,
  { isOne, format }: { readonly isOne: boolean; readonly format: Format },
): void {
  const { state, explain, watch, offline } = flags;
  if (state !== undefined && (isOne || format === 'prometheus'))
    throw new UsageError('--state filters the list: leave the name and -o prometheus out');
  if (explain && !isOne)
    throw new UsageError('--explain is about one cluster', {
      suggestions: ['Name it: kgit status NAME --explain'],
    });
  if (watch && !['text', 'wide', 'jsonl'].includes(format))
    throw new UsageError('--watch prints lines as they come: use -o text or -o jsonl');
  if (offline && format === 'prometheus')
    throw new UsageError('metrics describe live clusters: leave --offline or -o prometheus out');
}

/** Checks the value of --namespace. Throws UsageError. */
export function checkedNamespace(namespace: string | undefined): string | undefined {
  if (namespace === undefined || isLabel(namespace)) return namespace;
  throw new UsageError(`--namespace ${JSON.stringify(namespace.slice(0, 80))} is not a DNS-1123 label`);
}
