import { NotFoundError } from '../../errors.js';
import { formatTimestamp } from '../../model/event/event.js';
import type { NotifyConfig, Target } from '../../notify/config/notify-config.js';
import { deliveryOf, type Message } from '../../notify/message/notice.js';
import { withheldVariables } from '../../notify/notifier.js';
import { send } from '../../notify/send/send.js';

/** What a test takes from the process. */
export interface TestParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** ms since the epoch */
  readonly now: () => number;
  /** Who asks for it, and where. */
  readonly user: string;
  readonly host: string;
}

/** What a target made of the test message. */
export interface TargetTest {
  readonly target: Target;
  readonly id: string;
  readonly isDelivered: boolean;
  /** What the receiver answered, or why it got nothing. */
  readonly answer: string;
}

function testMessage(target: string, { now, user, host }: TestParts): Message {
  const at = now();
  return {
    ...{ id: `test/${target}/${at}`, item: 'test', part: 0, occasions: ['test'], rule: 'test' },
    notice: {
      level: 'neutral',
      title: 'Test of kgit: notifications arrive here',
      subject: '',
      facts: [
        ['Target', target],
        ['Asked for by', `${user} on ${host}`],
      ],
      time: formatTimestamp(at),
      path: '/clusters',
      data: {},
    },
  };
}

/** Sends one message that is marked as a test, once, to a target. Throws NotFoundError. */
export async function testTarget(config: NotifyConfig, name: string, parts: TestParts): Promise<TargetTest> {
  const target = config.targets.find((one) => one.name === name);
  if (target === undefined) {
    const names = config.targets.map((one) => one.name).join(', ');
    throw new NotFoundError(`there is no target ${JSON.stringify(name.slice(0, 80))}`, {
      suggestions: [
        names === '' ? 'Set one up: docs/notifications.md explains notify:' : `Targets are ${names}`,
      ],
      data: { target: name.slice(0, 80) },
    });
  }
  const { environment, cwd, now } = parts;
  const message = testMessage(name, parts);
  const ended = await send(target, deliveryOf([message], false), {
    ...{ environment, cwd, now, pageUrl: config.pageUrl },
    signal: new AbortController().signal,
    withheld: withheldVariables(config),
  });
  const isDelivered = ended.kind === 'delivered';
  return { target, id: message.id, isDelivered, answer: isDelivered ? ended.answer : ended.reason };
}
