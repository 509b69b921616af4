import { Flags } from '@oclif/core';
import { FAIL_ON_WORDS } from './fail-on.js';
import { LIST_FLAGS } from './list-options.js';

/** Flags of `kgit status` besides those of every command that queries a cluster. */
export const STATUS_FLAGS = {
  ...LIST_FLAGS,
  namespace: Flags.string({ char: 'n', helpValue: 'NS', summary: 'Of this namespace alone.' }),
  'all-namespaces': Flags.boolean({
    char: 'A',
    exclusive: ['namespace'],
    summary: 'Of all namespaces that you may read: the default.',
  }),
  selector: Flags.string({
    char: 'l',
    helpValue: 'SELECTOR',
    summary: 'With these labels, as kubectl takes them.',
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
    summary: 'A column for each of these labels, as kubectl takes them.',
  }),
  explain: Flags.boolean({
    exclusive: ['offline'],
    summary: 'Of one cluster: also fetch what it depends on and is made of, where you may.',
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
    summary: 'Go on, and tell each change of a state; end with Ctrl-C.',
  }),
  record: Flags.boolean({
    dependsOn: ['watch'],
    exclusive: ['selector'],
    summary: 'Record each change that is seen as an event, once however many record it.',
  }),
  offline: Flags.boolean({
    exclusive: ['context', 'kubeconfig', 'selector', 'fail-on'],
    summary: 'Ask no cluster: show what is recorded.',
  }),
};
