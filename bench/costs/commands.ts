/** A command whose costs are measured, and where it runs. */
export interface CostedCommand {
  /** As a user would type it. */
  readonly args: readonly string[];
  /** What the row shows beside other rows. */
  readonly note: string;
  /** Commands that run before and after each run, and are not measured. */
  readonly before?: readonly string[];
  readonly after?: readonly string[];
}

const EVENT = ['push-event', 'touched', '--cluster', 'c7'] as const;

/** In the order of the page: the start alone, reads, writes, then what asks k0rdent. */
export const COMMANDS: readonly CostedCommand[] = [
  { args: ['--version'], note: 'the start script alone' },
  { args: ['--help'], note: '' },
  { args: ['get', 'deployment.phase'], note: 'a value' },
  { args: ['list'], note: 'subjects and their last events' },
  { args: ['log', '--limit', '20'], note: 'newest events of all subjects' },
  { args: ['log', 'c7', '--limit', '20'], note: 'newest events of one cluster' },
  { args: ['log', '--since', '30d'], note: '' },
  { args: ['log', '--grep', 'event 499 '], note: 'a search of the texts' },
  { args: ['history', 'deployment.phase'], note: 'who set a value' },
  { args: ['diff', 'HEAD~10'], note: 'what ten revisions changed' },
  { args: ['validate'], note: 'checks everything' },
  { args: [...EVENT, '--queue'], note: 'kept in the outbox', after: ['sync'] },
  { args: ['sync'], note: 'publishes an event of the outbox', before: [...EVENT, '--queue'] },
  { args: [...EVENT], note: 'published at once' },
  {
    args: ['set', 'deployment.phase=configuring'],
    note: 'an event and a state file',
    before: ['set', 'deployment.phase=ready'],
  },
  { args: ['lock', 'c7'], note: 'a ref on the server', after: ['unlock', 'c7'] },
  { args: ['unlock', 'c7'], note: '', before: ['lock', 'c7'] },
  { args: ['doctor'], note: 'asks the server, too' },
  { args: ['status'], note: '100 clusters of k0rdent, by kubectl' },
];
