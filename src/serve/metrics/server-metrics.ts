import type { Monitor, MonitorHealth } from '../../app/monitor/monitor.js';
import { type Metric, seconds } from '../../terminal/prometheus.js';
import type { FetchCounts } from './fetch-counts.js';

const one = (name: string, help: string, value: number | null): Metric => ({
  ...{ name, help },
  samples: value === null ? [] : [{ value }],
});
const counter = (name: string, help: string, value: number): Metric => ({
  ...one(name, help, value),
  type: 'counter',
});
const time = (ms: number | null) => (ms === null ? null : seconds(ms));

/** Returns the metrics of a server: how its parts are, and what it has done since it started. */
export function serverMetrics(
  { news, health }: Pick<Monitor, 'news' | 'health'>,
  version: string,
  { fetched, failed }: FetchCounts,
  streams: number,
): readonly Metric[] {
  const { startedAt, repository, journal, outbox } = health;
  return [
    {
      name: 'kgit_serve_info',
      help: 'The version of the server.',
      samples: [{ labels: { version }, value: 1 }],
    },
    one('kgit_serve_start_timestamp_seconds', 'When the server started.', seconds(startedAt)),
    one(
      'kgit_serve_repository_up',
      'Whether the repository can be read and fetched.',
      repository.error === null ? 1 : 0,
    ),
    one(
      'kgit_serve_fetch_timestamp_seconds',
      'Time of the last fetch that succeeded; absent for a repository without a server.',
      time(repository.fetchedAt),
    ),
    one('kgit_serve_streams', 'Clients that follow the stream.', streams),
    counter('kgit_serve_fetches_total', 'Fetches that succeeded.', fetched),
    counter(
      'kgit_serve_fetch_failures_total',
      'How often the repository could no longer be reached.',
      failed,
    ),
    one(
      'kgit_serve_rewrite_timestamp_seconds',
      'When the history was last seen to be rewritten; absent if never.',
      time(repository.rewrittenAt),
    ),
    one(
      'kgit_serve_unreadable_files',
      'Events and states that cannot be read; counted up to a bound.',
      repository.skipped.length,
    ),
    counter('kgit_serve_news_total', 'News in the journal, since it was begun.', newsOf(news.last)),
    one('kgit_serve_news_held', 'News that cannot be kept now and is held back.', journal.held),
    one('kgit_serve_journal_up', 'Whether news can be kept.', journal.error === null ? 1 : 0),
    one('kgit_serve_outbox_operations', 'Writes that wait in the outbox of this machine.', outbox.waiting),
    one(
      'kgit_serve_outbox_oldest_timestamp_seconds',
      'When the oldest waiting write was made; absent if none waits.',
      time(outbox.oldest),
    ),
    contextSeen(health),
  ];
}

function contextSeen({ contexts }: MonitorHealth): Metric {
  return {
    name: 'kgit_serve_context_seen_timestamp_seconds',
    help: 'When something was last heard from a kubeconfig context; absent if never.',
    samples: contexts.flatMap(({ context, observedAt }) =>
      observedAt === null ? [] : [{ labels: { context }, value: seconds(observedAt) }],
    ),
  };
}

/** The number in the id of the newest item of a journal. */
function newsOf(id: string): number {
  const number = Number(id.slice(id.lastIndexOf('-') + 1));
  return Number.isSafeInteger(number) ? number : 0;
}
