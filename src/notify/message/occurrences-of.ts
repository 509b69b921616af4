/** Turns news into what rules select, and what people and programs get of it. */
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { masked } from '../../model/secret/masked.js';
import { counted } from '../../model/value/counted.js';
import { isMap } from '../../model/value/value.js';
import type {
  ChangeDocument,
  DivergenceDocument,
  EventDocument,
  NewsItem,
  OutboxDocument,
  RepositoryDocument,
  TransitionDocument,
} from '../../news/news-item.js';
import { NO_STATE } from '../rules/rule.js';
import type { Level, Notice, Occurrence } from './notice.js';

/** Largest `data` of a notice, in bytes of JSON: receivers of CloudEvents need not take more than 64 KiB. */
const MAX_DATA = 48 * 1024;
/** Longest text of a fact. */
const MAX_FACT = 600;

/** Text that others wrote, as one bounded line without secrets and without characters that are not seen. */
function plain(text: string): string {
  const line = text
    .slice(0, MAX_FACT * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  const shown = maskSecrets(line);
  return shown.length > MAX_FACT ? `${shown.slice(0, MAX_FACT - 1)}…` : shown;
}

type Fact = readonly [label: string, text: string];

/** Facts that have a text. */
function factsOf(facts: readonly (readonly [string, unknown])[]): Fact[] {
  return facts.flatMap(([label, text]): Fact[] => {
    const line = typeof text === 'string' || typeof text === 'number' ? plain(String(text)) : '';
    return line === '' ? [] : [[label, line]];
  });
}

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? '');

/** Bounds and masks what programs get: what does not fit is left out, key by key, the largest first. */
function dataOf(document: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const all = masked(document);
  const data: Record<string, unknown> = isMap(all) ? { ...all } : {};
  const sizes = Object.entries(data).map(([key, value]) => ({ key, size: bytes(value) + bytes(key) }));
  let size = sizes.reduce((sum, one) => sum + one.size, 0);
  const left: string[] = [];
  for (const one of sizes.sort((a, b) => b.size - a.size)) {
    if (size <= MAX_DATA) break;
    delete data[one.key];
    size -= one.size;
    left.push(one.key.slice(0, 80));
  }
  return left.length === 0 ? data : { ...data, leftOut: left.slice(0, 100) };
}

/** What names of clusters and deployments consist of; others are not put into a link. */
const NAMES = /^[a-z0-9.-]{1,253}$/;

/** Where the page shows a subject. */
function pagePath(subject: string): string {
  const [kind = '', ...parts] = subject.split('/');
  const isNamed = parts.every((part) => NAMES.test(part));
  if (isNamed && kind === 'cluster' && parts.length === 3) return `/clusters/${parts.join('/')}`;
  if (isNamed && kind === 'deployment' && parts.length === 1) return `/deployments/${parts.join('/')}`;
  return kind === 'lock' ? '/locks' : '/timeline';
}

/** A subject as people name it: `cluster prod/kcm-system/eu-1`. */
function named(subject: string): string {
  return plain(subject.replace('/', ' '));
}

const LEVELS: Readonly<Record<string, Level>> = { failed: 'bad', succeeded: 'good', started: 'neutral' };

function eventOccurrence(
  item: NewsItem,
  change: ChangeDocument,
  event: EventDocument,
  part: number,
): Occurrence {
  const { id, subject, action, outcome, user } = event;
  const isBroken = action === 'lock_broken';
  return {
    ...{ item: item.id, part, key: id },
    occasions: isBroken ? ['event', 'lock_broken'] : ['event'],
    subject,
    selected: { action, outcome, user },
    tell: () => ({
      ...eventNotice(event),
      level: isBroken ? 'warning' : (LEVELS[outcome ?? ''] ?? 'neutral'),
      data: { revision: change.revision, event: dataOf(event) },
    }),
  };
}

function eventNotice(event: EventDocument): Omit<Notice, 'level' | 'data'> {
  const { subject, action, outcome, user, phase, message, reason, duration_seconds: seconds } = event;
  return {
    title: `${named(subject)}: ${plain(action)}${outcome === undefined ? '' : ` ${plain(outcome)}`}`,
    subject: plain(subject),
    facts: factsOf([
      ['By', user],
      ['Outcome', outcome],
      ['Phase', phase],
      ['Cause', message ?? reason],
      ['Reason', message === undefined ? undefined : reason],
      ['Took', typeof seconds === 'number' ? `${seconds} s` : undefined],
      ['Run', event['run_id']],
    ]),
    time: event.timestamp,
    path: pagePath(subject),
  };
}

/** States that a person has to see to. */
const BAD_STATE = /Fail|Invalid/;

function levelOfTransition({ from, to }: TransitionDocument): Level {
  if (BAD_STATE.test(to ?? '')) return 'bad';
  return BAD_STATE.test(from ?? '') || to === 'Ready' ? 'good' : 'neutral';
}

function transitionOccurrence(item: NewsItem, document: TransitionDocument): Occurrence {
  const { management, namespace, name, from, to, cause, type } = document;
  const subject = `cluster/${management}/${namespace}/${name}`;
  return {
    ...{ item: item.id, part: 0, key: '', occasions: ['transition'], subject },
    selected: { from: from ?? NO_STATE, to: to ?? NO_STATE },
    tell: () => ({
      level: levelOfTransition(document),
      title: `${named(subject)}: ${plain(to ?? 'gone')}`,
      subject: plain(subject),
      facts: factsOf([
        ['State', `${from ?? 'not there'} → ${to ?? 'gone'}`],
        ['Cause', cause],
        ['Seen', type === 'missed' ? 'afterwards: it happened while the server was not watching' : undefined],
      ]),
      time: document.at,
      path: pagePath(subject),
      data: dataOf({ ...document }),
    }),
  };
}

function divergenceOccurrence(item: NewsItem, document: DivergenceDocument): Occurrence {
  const { type, divergence, management, namespace, name, detail, path } = document;
  const subject =
    name === null ? `management/${management}` : `cluster/${management}/${namespace ?? ''}/${name}`;
  const isFound = type === 'found';
  return {
    ...{ item: item.id, part: 0, key: '', subject, selected: { divergence } },
    occasions: [isFound ? 'divergence_found' : 'divergence_resolved'],
    tell: () => ({
      level: isFound ? 'warning' : 'good',
      title: `${named(subject)}: ${plain(divergence)}${isFound ? '' : ' no longer'}`,
      subject: plain(subject),
      facts: factsOf([
        ['Divergence', `${divergence}${isFound ? '' : ', resolved'}`],
        ['Path', path],
        ['Cause', detail],
      ]),
      time: document.observedAt,
      path: name === null ? '/clusters' : pagePath(subject),
      data: dataOf({ ...document }),
    }),
  };
}

function outboxOccurrence(item: NewsItem, document: OutboxDocument): Occurrence {
  const { type, waiting, oldest, observedAt } = document;
  const isStuck = type === 'stuck';
  return {
    ...{ item: item.id, part: 0, key: '', subject: '', selected: {} },
    occasions: [isStuck ? 'outbox_stuck' : 'outbox_published'],
    tell: () => ({
      level: isStuck ? 'bad' : 'good',
      title: isStuck
        ? `${counted(waiting, 'write')} cannot be published from the server's outbox`
        : "the server's outbox is published again",
      subject: '',
      facts: factsOf([
        ['Waiting', waiting],
        ['Oldest', oldest],
      ]),
      time: observedAt,
      path: '/locks',
      data: dataOf({ ...document }),
    }),
  };
}

function rewriteOccurrence(item: NewsItem, document: RepositoryDocument): Occurrence {
  const { from, to, observedAt } = document;
  return {
    ...{ item: item.id, part: 0, key: '', subject: '', selected: {} },
    occasions: ['history_rewritten'],
    tell: () => ({
      level: 'bad',
      title: 'the history of the state repository was rewritten',
      subject: '',
      facts: factsOf([
        ['Before', from],
        ['Now', to ?? 'empty'],
      ]),
      time: observedAt,
      path: '/timeline',
      data: dataOf({ ...document }),
    }),
  };
}

/** What rules see of a news item, in its order. */
export function occurrencesOf(item: NewsItem): readonly Occurrence[] {
  switch (item.kind) {
    case 'change': {
      const { document } = item;
      return document.events.map((event, part) => eventOccurrence(item, document, event, part));
    }
    case 'transition':
      return [transitionOccurrence(item, item.document)];
    case 'divergence':
      return [divergenceOccurrence(item, item.document)];
    case 'outbox':
      return [outboxOccurrence(item, item.document)];
    case 'repository':
      return [rewriteOccurrence(item, item.document)];
  }
}
