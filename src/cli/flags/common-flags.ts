import { Flags } from '@oclif/core';
import { GLOBAL, outputFlag } from './output-flag.js';

/** The flags of every command. */
export const COMMON_FLAGS = {
  output: outputFlag(),
  json: Flags.boolean({ helpGroup: GLOBAL, summary: 'The same as -o json.' }),
  quiet: Flags.boolean({
    char: 'q',
    helpGroup: GLOBAL,
    summary: 'Print no hints and notes on stderr.',
    exclusive: ['verbose'],
  }),
  verbose: Flags.boolean({
    char: 'v',
    helpGroup: GLOBAL,
    summary: 'Print more on stderr, such as where an error came from.',
  }),
  repo: Flags.string({
    helpGroup: GLOBAL,
    helpValue: 'DIR|URL[#BRANCH]',
    summary: 'The state repository; if left out, the current one (KGIT_REPO).',
  }),
  config: Flags.string({
    helpGroup: GLOBAL,
    helpValue: 'FILE',
    summary: 'A file with a state_management block (KGIT_CONFIG).',
  }),
  timeout: Flags.string({
    helpGroup: GLOBAL,
    helpValue: 'DURATION',
    summary: 'How long the remote or cluster may take (60s).',
  }),
  utc: Flags.boolean({ helpGroup: GLOBAL, summary: 'Show times in UTC.' }),
  'no-pager': Flags.boolean({ helpGroup: GLOBAL, summary: 'Show the result without a pager.' }),
};
