import { Flags } from '@oclif/core';
import { OUTCOMES } from '../../model/event/event.js';

const MAX_LIMIT = 1_000_000;

const many = (helpValue: string, summary: string, aliases: string[] = []) =>
  Flags.string({ multiple: true, multipleNonGreedy: true, helpValue, helpGroup: 'FILTER', summary, aliases });

/** Flags of `kgit log` besides those of every command that reads. */
export const LOG_FLAGS = {
  since: Flags.string({
    helpValue: 'TIME',
    helpGroup: 'FILTER',
    summary: 'At or after this time: 2025-07-11, "2025-07-11 14:30", 3d, "1 hour ago", yesterday.',
  }),
  until: Flags.string({ helpValue: 'TIME', helpGroup: 'FILTER', summary: 'Before this time.' }),
  on: Flags.string({
    helpValue: 'DAY',
    helpGroup: 'FILTER',
    exclusive: ['since', 'until'],
    summary: 'On this day.',
  }),
  action: many('WORD', 'With this action.'),
  user: many('NAME', 'By this user.', ['author']),
  outcome: Flags.string({
    multiple: true,
    multipleNonGreedy: true,
    options: [...OUTCOMES],
    helpGroup: 'FILTER',
    summary: 'With this outcome.',
  }),
  phase: many('NAME', 'Of this phase.'),
  run: many('ID', 'Of this run.'),
  grep: many('TEXT', 'With this text in any field, ignoring case.'),
  oneline: Flags.boolean({ summary: 'One line per event, cut to the width of the terminal.' }),
  limit: Flags.integer({
    char: 'n',
    aliases: ['max-count', 'tail'],
    min: 1,
    max: MAX_LIMIT,
    default: 100,
    summary: 'Maximum number of events.',
  }),
  before: Flags.string({ helpValue: 'ID', summary: 'Only events before this one: the next page.' }),
  after: Flags.string({ helpValue: 'ID', summary: 'Only events after this one.' }),
  reverse: Flags.boolean({ summary: 'Newest first.' }),
  follow: Flags.boolean({ char: 'f', summary: 'Print new events as they come; end with Ctrl-C.' }),
};
