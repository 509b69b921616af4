import type { KubeEvent } from '../../../k0rdent/cluster/kube-events.js';
import { eventTime, formatTimestamp, type KgitEvent } from '../../../model/event/event.js';
import { maskSecrets } from '../../../model/secret/mask-secrets.js';
import { formatTime } from '../../../model/value/time.js';
import type { Screen } from '../../../terminal/output.js';
import { columnsOf } from '../../../terminal/table.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { wrapped } from '../../../terminal/wrap.js';
import { gist } from '../event-lines.js';

/** Something that happened to a cluster, as Kubernetes or the repository tells it. */
export interface TimeLineEntry {
  /** RFC 3339 */
  readonly time: string;
  readonly source: 'kubernetes' | 'kgit';
  /** Reason of an event of Kubernetes, action of one of kgit. */
  readonly what: string;
  readonly message: string;
  /** Who: a user, or the kind of the object that Kubernetes tells of. */
  readonly who: string;
  readonly isBad: boolean;
  /** How often Kubernetes saw it. */
  readonly count: number;
}

/** The events of both as one time line, newest last; of the repository's the last `limit`. */
export function timeLine(
  recorded: readonly KgitEvent[],
  live: readonly KubeEvent[],
  limit: number,
): TimeLineEntry[] {
  const entries = [
    ...recorded.slice(-limit).map((event) => ({ at: eventTime(event), entry: ofRecord(event) })),
    ...live.slice(-limit).map((event) => ({ at: event.time, entry: ofKubernetes(event) })),
  ];
  return entries.sort((a, b) => a.at - b.at).map(({ entry }) => entry);
}

function ofRecord(event: KgitEvent): TimeLineEntry {
  return {
    time: event.timestamp,
    source: 'kgit',
    what: event.action,
    message: maskSecrets(gist(event)),
    who: event.user ?? '',
    isBad: event.outcome === 'failed',
    count: 1,
  };
}

function ofKubernetes({ time, reason, message, kind, type, count }: KubeEvent): TimeLineEntry {
  const isBad = type === 'Warning';
  return {
    time: formatTimestamp(time),
    source: 'kubernetes',
    what: reason,
    message,
    who: kind,
    isBad,
    count,
  };
}

/** So many lines of a message are shown. */
const MOST_LINES = 4;

/** One line for each entry; a message that the screen has no room for gets lines of its own. */
export function timeLineLines(entries: readonly TimeLineEntry[], { style, width, utc }: Screen): string[] {
  return entries.flatMap(({ time, source, what, message, who, isBad, count }) => {
    const when = formatTime(Date.parse(time), utc);
    const mark = isBad ? style('red', '✗') : style('dim', source === 'kgit' ? '•' : '◦');
    const times = count > 1 ? ` ×${count}` : '';
    const head = oneLine(`${what}${times}`);
    const by = oneLine(who);
    const words = oneLine(message);
    const colour = source === 'kgit' ? 'bold' : 'cyan';
    const line = `${style('dim', when)} ${mark} ${style(colour, head)}${by === '' ? '' : ` ${style('dim', by)}`}`;
    if (words === '') return [line];
    const used = columnsOf(`${when} x ${head} ${by}  ${words}`);
    if (width === null || used <= width) return [`${line}  ${words}`];
    const lines = wrapped(words, width, '    ');
    const cut = lines.length > MOST_LINES ? ['    …'] : [];
    return [line, ...lines.slice(0, MOST_LINES), ...cut];
  });
}
