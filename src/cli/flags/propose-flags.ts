import { Flags } from '@oclif/core';

/** The flags of the writes that can be proposed instead of published. */
export const PROPOSE_FLAGS = {
  propose: Flags.boolean({
    helpGroup: 'WRITE',
    exclusive: ['queue', 'lock'],
    summary: 'Ask for it to be merged (a pull or merge request) instead of publishing it.',
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
    summary: 'The branch that is proposed; one per user and deployment if left out.',
  }),
};
