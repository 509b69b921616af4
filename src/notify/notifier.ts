/** Notifies targets of the news of a server. */
import { setTimeout as delay } from 'node:timers/promises';
import { TOKEN_VARIABLES } from '../model/value/token-variables.js';
import type { NewsLog } from '../news/news-log.js';
import type { Clock } from '../store/port/host.js';
import type { Channel, NotifyConfig, SecretPlace } from './config/notify-config.js';
import { TargetWorker, type WorkerClock } from './delivery/target-worker.js';
import type { TargetStatus } from './notifier-status.js';
import type { SendMeans } from './send/send.js';

export interface NotifierParts {
  readonly config: NotifyConfig;
  readonly log: NewsLog;
  /** Folder for data of this machine; the places of targets are in `notify/` below it. */
  readonly folder: string;
  readonly clock: Pick<Clock, 'now' | 'random'>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder at which relative paths of the configuration start. */
  readonly cwd: string;
  /** Called with bugs. Failures of targets are in `status`. */
  readonly onFault: (error: unknown) => void;
  /** How to wait; by default with timers. */
  readonly sleep?: WorkerClock['sleep'];
}

export interface Notifier {
  /** What each target does now, in the order of the configuration. */
  status(): readonly TargetStatus[];
  /** Ends deliveries: what is under way gets a few seconds. */
  stop(): Promise<void>;
}

/** How long a try that is under way may take when the server stops, in ms. */
const STOP_MS = 3000;

/** Waits by a timer; an abort ends the wait early. */
async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function secretPlaces(channel: Channel): readonly (SecretPlace | null)[] {
  if (channel.type === 'exec') return [];
  return channel.type === 'webhook' ? [channel.url, channel.secret] : [channel.url];
}

/** The variables that a command must not see: tokens, and the secrets of targets. */
export function withheldVariables({ targets }: NotifyConfig): ReadonlySet<string> {
  const named = targets
    .flatMap(({ channel }) => secretPlaces(channel))
    .flatMap((place) => (place !== null && 'env' in place ? [place.env] : []));
  return new Set([...TOKEN_VARIABLES, ...named]);
}

/** Begins to deliver the news that come from now on, and those that were not delivered before. Never throws. */
export function startNotifier(parts: NotifierParts): Notifier {
  const { config, log, folder, environment, cwd, onFault } = parts;
  const { now, random } = parts.clock;
  const stopping = new AbortController();
  const cut = new AbortController();
  const means: SendMeans = {
    ...{ environment, cwd, now, pageUrl: config.pageUrl, signal: cut.signal },
    withheld: withheldVariables(config),
  };
  const clock: WorkerClock = { now, random, sleep: parts.sleep ?? sleep };
  const workers = config.targets.map(
    (target) => new TargetWorker({ target, log, folder, clock, means, onFault }),
  );
  const began = log.last;
  const runs = Promise.all(workers.map((worker) => worker.run(began, stopping.signal).catch(onFault)));
  return {
    status: () => workers.map((worker) => worker.status),
    stop: async () => {
      stopping.abort();
      const over = new AbortController();
      await Promise.race([runs.then(() => over.abort()), sleep(STOP_MS, over.signal)]);
      cut.abort();
      await runs;
    },
  };
}
