import type { Phase, StateChange } from '../../api/results.js';
import type { Tone } from '../../parts/badge.js';
import { Icon, type IconName } from '../../parts/icons.js';
import { Panel } from '../../parts/panel.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Age, duration, readTime } from '../../parts/time.js';
import { statePath } from './state-path.js';

interface PhasesProps {
  readonly phases: readonly Phase[];
  /** The last change of each value of the state, by its path. */
  readonly changes: ReadonlyMap<string, StateChange>;
}

const LOOKS: Readonly<Record<string, { readonly tone: Tone; readonly icon: IconName }>> = {
  completed: { tone: 'good', icon: 'check' },
  in_progress: { tone: 'busy', icon: 'progress' },
  failed: { tone: 'bad', icon: 'cross' },
  skipped: { tone: 'quiet', icon: 'open' },
  pending: { tone: 'quiet', icon: 'dot' },
};
const OTHER = { tone: 'quiet', icon: 'question' } as const;

/** The phases in their order, with how long each took and who did it. */
export function Phases({ phases, changes }: PhasesProps) {
  const done = phases.filter(({ status }) => status === 'completed' || status === 'skipped').length;
  return (
    <Panel title="Phases" aside={`${done} of ${phases.length} done`}>
      <ol class="stepper">
        {phases.map((phase) => (
          <Step key={phase.name} phase={phase} changes={changes} />
        ))}
      </ol>
      {phases.length === 0 && <p class="muted">No phase is recorded.</p>}
    </Panel>
  );
}

function Step({ phase, changes }: { readonly phase: Phase; readonly changes: PhasesProps['changes'] }) {
  const { name, status, updatedAt, reason } = phase;
  const { tone, icon } = (Object.hasOwn(LOOKS, status) ? LOOKS[status] : undefined) ?? OTHER;
  const change = changes.get(statePath(['deployment', 'phases', name, 'status']));
  const took = durationOf(name, status, changes);
  return (
    <li class={`step tone-${tone} is-${status === 'in_progress' ? 'current' : 'other'}`}>
      <span class="step-mark">
        <Icon name={icon} />
      </span>
      <span class="step-name">{actionWords(name)}</span>
      <span class="step-status">
        {actionWords(status)}
        {took !== null && ` in ${duration(took)}`}
        {status === 'in_progress' && updatedAt !== null && (
          <>
            {' '}
            for <Age at={updatedAt} />
          </>
        )}
      </span>
      {updatedAt !== null && status !== 'pending' && (
        <span class="muted">
          {change?.user && `${oneLine(change.user)}, `}
          <Age at={updatedAt} suffix=" ago" />
        </span>
      )}
      {reason !== null && <span class="muted step-reason">{oneLine(reason)}</span>}
    </li>
  );
}

/** How long a phase was in progress, in seconds; null if it is not known, as of one that was never started. */
function durationOf(name: string, status: string, changes: PhasesProps['changes']): number | null {
  if (status !== 'completed' && status !== 'failed') return null;
  const was = changes.get(statePath(['deployment', 'phases', name, 'status']));
  const times = changes.get(statePath(['deployment', 'phases', name, 'updated_at']));
  if (was?.before !== 'in_progress' || typeof times?.before !== 'string' || typeof times.after !== 'string')
    return null;
  const [from, to] = [readTime(times.before), readTime(times.after)];
  return from === null || to === null ? null : (to - from) / 1000;
}
