import { Fragment } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { useResource } from '../../api/resource.js';
import type { Topic } from '../../api/stream.js';
import type { Tone } from '../../parts/badge.js';
import { Icon, type IconName } from '../../parts/icons.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { Panel } from '../../parts/panel.js';
import { actionWords, oneLine } from '../../parts/text.js';
import { Age, duration, Running, Time } from '../../parts/time.js';
import { whyOf } from './change.js';
import { type Move, type Step, stepsOf } from './phase-steps.js';

const TOPICS: readonly Topic[] = ['change'];

interface Look {
  readonly tone: Tone;
  readonly icon: IconName;
}
const LOOKS: ReadonlyMap<string, Look> = new Map<string, Look>([
  ['completed', { tone: 'good', icon: 'check' }],
  ['in_progress', { tone: 'busy', icon: 'progress' }],
  ['failed', { tone: 'bad', icon: 'cross' }],
  ['skipped', { tone: 'quiet', icon: 'skip' }],
  ['pending', { tone: 'quiet', icon: 'dot' }],
]);
const lookOf = (status: string): Look => LOOKS.get(status) ?? { tone: 'quiet', icon: 'question' };

/**
 * The phases of a deployment in their order, with how long each took and who did it; a click shows every move of one.
 * @param base path of the deployment in the API
 */
export function Phases({ base }: { readonly base: string }) {
  const { data, failure } = useResource('PhaseResult', `${base}/phases`, TOPICS);
  const history = useResource('HistoryResult', `${base}/history?path=deployment.phases`, TOPICS);
  const steps = useMemo(() => stepsOf(data?.phases ?? [], history.data?.changes ?? []), [data, history.data]);
  const [chosen, choose] = useState<string | null>(null);
  const done = steps.filter(({ status }) => status === 'completed' || status === 'skipped').length;
  const isKnown = data !== null && (history.data !== null || history.failure !== null);
  const failed = failure ?? history.failure;
  return (
    <Panel title="Phases" aside={isKnown ? `${done} of ${steps.length} done` : ''}>
      {failed && <Failure failure={failed} />}
      {!isKnown && !failed && <Skeleton rows={4} />}
      {isKnown && steps.length === 0 && <p class="muted">No phase is recorded.</p>}
      {isKnown && steps.length > 0 && (
        <ol class="stepper">
          {steps.map((step) => (
            <Fragment key={step.name}>
              <OneStep
                step={step}
                isOpen={step.name === chosen}
                toggle={() => choose(step.name === chosen ? null : step.name)}
              />
              {step.name === chosen && <Moves step={step} />}
            </Fragment>
          ))}
        </ol>
      )}
    </Panel>
  );
}

interface OneStepProps {
  readonly step: Step;
  readonly isOpen: boolean;
  readonly toggle: () => void;
}

function OneStep({ step, isOpen, toggle }: OneStepProps) {
  const { name, status, reason, moves, updatedAt, seconds, startedAt } = step;
  const { tone, icon } = lookOf(status);
  const isRunning = status === 'in_progress';
  return (
    <li
      class={`step tone-${tone} is-${isRunning ? 'current' : 'other'}`}
      aria-current={isRunning ? 'step' : undefined}
    >
      <span class="step-mark">
        <Icon name={icon} />
      </span>
      {moves.length > 0 ? (
        <button type="button" class="step-name" aria-expanded={isOpen} onClick={toggle}>
          {actionWords(name)}
        </button>
      ) : (
        <span class="step-name">{actionWords(name)}</span>
      )}
      <span class="step-status">
        {actionWords(status)}
        {seconds !== null && ` in ${duration(seconds)}`}
        {isRunning && startedAt !== null && (
          <>
            {' for '}
            <Running since={startedAt} />
          </>
        )}
      </span>
      {updatedAt !== null && status !== 'pending' && (
        <span class="muted">
          {whoOf(moves)}
          <Age at={updatedAt} suffix=" ago" />
        </span>
      )}
      {reason !== null && <span class="muted">{oneLine(reason)}</span>}
    </li>
  );
}

/** Who brought a phase to its status: the one who began it and the one who ended it, if they are two. */
function whoOf(moves: readonly Move[]): string {
  const last = moves.at(-1);
  const start = moves.findLast(({ status }) => status === 'in_progress');
  const users = [start?.user, last?.user].filter((user) => typeof user === 'string');
  return users.length === 0 ? '' : `${[...new Set(users)].map(oneLine).join(' → ')}, `;
}

function Moves({ step: { name, moves } }: { readonly step: Step }) {
  return (
    <li class="moves">
      <ol class="rows" aria-label={`History of ${actionWords(name)}`}>
        {[...moves].reverse().map((move, index) => (
          <OneMove key={moves.length - index} move={move} />
        ))}
      </ol>
    </li>
  );
}

function OneMove({ move: { status, timestamp, user, reason, message, run } }: { readonly move: Move }) {
  const { tone, icon } = lookOf(status);
  const why = whyOf(message, reason);
  return (
    <li class={`move tone-${tone}`}>
      <span class="step-status">
        <Icon name={icon} /> {actionWords(status)}
      </span>
      <span>
        {user === null ? 'edited by hand' : `by ${oneLine(user)}`}
        {why !== '' && `: ${why}`}
        {run !== null && <span class="muted"> (run {oneLine(run)})</span>}
      </span>
      <span class="muted">
        <Time at={timestamp} />
      </span>
    </li>
  );
}
