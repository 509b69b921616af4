import type { Detail } from '../../api/results.js';
import type { Tone } from '../../parts/badge.js';
import { Icon, type IconName } from '../../parts/icons.js';
import { Panel } from '../../parts/panel.js';
import { oneLine, plain } from '../../parts/text.js';
import { Age } from '../../parts/time.js';

type Condition = Detail['conditions'][number];

const LOOKS: Readonly<Record<Condition['meaning'], { tone: Tone; icon: IconName; words: string }>> = {
  problem: { tone: 'bad', icon: 'cross', words: 'problem' },
  waiting: { tone: 'warn', icon: 'clock', words: 'waiting' },
  warning: { tone: 'warn', icon: 'warning', words: 'warning' },
  fine: { tone: 'good', icon: 'check', words: 'fine' },
};

/** The conditions, what is wrong first. Messages of those that are fine are folded away. */
export function Conditions({ conditions }: { readonly conditions: readonly Condition[] }) {
  const fine = conditions.filter(({ meaning }) => meaning === 'fine').length;
  return (
    <Panel title="Conditions" aside={`${fine} of ${conditions.length} fine`}>
      <ul class="rows">
        {conditions.map((condition) => (
          <One key={condition.type} {...condition} />
        ))}
      </ul>
    </Panel>
  );
}

function One({ type, status, reason, message, since, meaning }: Condition) {
  const { tone, icon, words } = LOOKS[meaning];
  // Ready repeats the messages of the others.
  const isShown = message !== null && meaning !== 'fine' && type !== 'Ready';
  return (
    <li class="condition">
      <span class={`mark tone-${tone}`} title={words}>
        <Icon name={icon} />
        <span class="sr-only">{words}</span>
      </span>
      <span class="condition-type">{oneLine(type)}</span>
      <span class="condition-reason muted">
        {status}
        {reason !== null && `, ${oneLine(reason)}`}
      </span>
      <span class="condition-since muted">
        <Age at={since} />
      </span>
      {isShown && <p class="message">{plain(message)}</p>}
      {!isShown && message !== null && (
        <details class="message-fold">
          <summary>Message</summary>
          <p class="message">{plain(message)}</p>
        </details>
      )}
    </li>
  );
}
