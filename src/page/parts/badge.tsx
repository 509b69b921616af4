import type { ComponentChildren } from 'preact';
import type { ClusterState, Divergence } from '../api/results.js';
import { Icon, type IconName } from './icons.js';
import { oneLine } from './text.js';

/** A colour with a meaning. It never stands alone: a text or an icon says the same. */
export type Tone = 'bad' | 'warn' | 'busy' | 'good' | 'quiet' | 'odd';

interface BadgeProps {
  readonly tone: Tone;
  readonly icon?: IconName;
  readonly title?: string;
  readonly children: ComponentChildren;
}

export function Badge({ tone, icon, title, children }: BadgeProps) {
  return (
    <span class={`badge tone-${tone}`} title={title}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

/** What a row of the fleet may be in: a state of k0rdent, or recorded but not live. */
export type ShownState = ClusterState | 'NotLive';

interface StateLook {
  readonly tone: Tone;
  readonly icon: IconName;
}

/** How states look, the most urgent first. */
export const STATE_LOOKS: Readonly<Record<ShownState, StateLook>> = {
  Failed: { tone: 'bad', icon: 'cross' },
  ServicesFailed: { tone: 'bad', icon: 'cross' },
  DeleteFailing: { tone: 'bad', icon: 'cross' },
  DryRunInvalid: { tone: 'bad', icon: 'cross' },
  NotLive: { tone: 'odd', icon: 'question' },
  ServicesPending: { tone: 'warn', icon: 'clock' },
  Provisioning: { tone: 'busy', icon: 'progress' },
  Updating: { tone: 'busy', icon: 'progress' },
  Deleting: { tone: 'quiet', icon: 'remove' },
  New: { tone: 'busy', icon: 'dot' },
  Paused: { tone: 'quiet', icon: 'pause' },
  DryRunValid: { tone: 'quiet', icon: 'check' },
  Ready: { tone: 'good', icon: 'check' },
};

/** States by urgency, the most urgent first. */
export const STATES: readonly ShownState[] = Object.keys(STATE_LOOKS).filter(isShownState);

export function isShownState(word: string): word is ShownState {
  return Object.hasOwn(STATE_LOOKS, word);
}

export const stateWords = (state: ShownState) => (state === 'NotLive' ? 'Not live' : state);

export function StateBadge({ state }: { readonly state: ShownState }) {
  const { tone, icon } = STATE_LOOKS[state];
  return (
    <Badge tone={tone} icon={icon}>
      {stateWords(state)}
    </Badge>
  );
}

const DIVERGENCE_WORDS: Readonly<Record<Divergence['kind'], string>> = {
  untracked: 'untracked',
  vanished: 'vanished',
  lingering: 'lingering',
  drifted: 'drifted',
  'template-changed': 'template changed',
};

export function DivergenceBadge({ kind, detail }: Pick<Divergence, 'kind' | 'detail'>) {
  return (
    <Badge tone="odd" icon="split" title={detail}>
      {DIVERGENCE_WORDS[kind]}
    </Badge>
  );
}

const OUTCOMES: Readonly<Record<string, StateLook>> = {
  started: { tone: 'busy', icon: 'progress' },
  running: { tone: 'busy', icon: 'progress' },
  succeeded: { tone: 'good', icon: 'check' },
  failed: { tone: 'bad', icon: 'cross' },
};

/** The outcome of an event or of a run. */
export function OutcomeBadge({ outcome }: { readonly outcome: string }) {
  const look = Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome] : undefined;
  return (
    <Badge tone={look?.tone ?? 'quiet'} {...(look ? { icon: look.icon } : {})}>
      {oneLine(outcome)}
    </Badge>
  );
}
