import { Flags } from '@oclif/core';
import type { FetchPolicy } from '../../store/outbox/outcomes.js';

/** Flags of the commands that read. */
export const readFlags = {
  fetch: Flags.boolean({
    allowNo: true,
    helpGroup: 'READ',
    summary: 'Ask the remote first, or never; by default when the last fetch is old.',
  }),
};

/** What the flags say of fetching. */
export function fetchPolicy(flags: Readonly<Record<string, unknown>>): FetchPolicy | 'default' {
  if (flags['fetch'] === true) return 'always';
  return flags['fetch'] === false ? 'never' : 'default';
}
