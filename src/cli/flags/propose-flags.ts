import { Flags } from '@oclif/core';

/** Flags of the writes that can be proposed instead of published. */
export const PROPOSE_FLAGS = {
  propose: Flags.boolean({
    helpGroup: 'WRITE',
    exclusive: ['queue', 'lock'],
    summary: 'Open a request to merge it (a pull or merge request) instead of publishing it.',
  }),
  title: Flags.string({
    helpGroup: 'WRITE',
    helpValue: 'TEXT',
    dependsOn: ['propose'],
    summary: 'The title of the request to merge.',
  }),
  'proposal-branch': Flags.string({
    helpGroup: 'WRITE',
    helpValue: 'NAME',
    dependsOn: ['propose'],
    summary: 'The branch of the proposal; if left out, one per user and deployment.',
  }),
};
