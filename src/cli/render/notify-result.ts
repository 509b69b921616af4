import type { ListedTarget } from '../../app/notify/list-targets.js';
import type { TargetTest } from '../../app/notify/test-target.js';
import { EXIT_CODES } from '../../errors.js';
import { formatTimestamp } from '../../model/event/event.js';
import { counted } from '../../model/value/counted.js';
import { formatAge } from '../../model/value/time.js';
import type { NotifyConfig } from '../../notify/config/notify-config.js';
import { fittingTable } from '../../terminal/fitting-table.js';
import type { CommandResult } from '../../terminal/output.js';
import type { TableRow } from '../../terminal/table.js';
import { oneLine } from '../../terminal/terminal-text.js';

const timeOrNull = (ms: number | null) => (ms === null ? null : formatTimestamp(ms));

/** Formats a target for JSON results. */
export function targetJson({ target, kept, place }: ListedTarget): Record<string, unknown> {
  const { trying, lastFailure, lastDead } = place;
  const { waiting, delivered, digests, retries, dead, gaps } = place;
  return {
    name: target.name,
    type: target.channel.type,
    rules: target.rules.map(({ name }) => name),
    place: kept,
    after: place.after,
    attempts: trying?.attempts ?? 0,
    ...{ waiting, delivered, digests, retries, dead, gaps },
    lastDelivery: timeOrNull(place.lastDelivery),
    lastFailure: lastFailure && { at: formatTimestamp(lastFailure.at), reason: lastFailure.reason },
    lastDead: lastDead.map((one) => ({ ...one, at: formatTimestamp(one.at) })),
  };
}

function stateText({ kept, place }: ListedTarget, now: number): string {
  if (kept === 'new') return 'no server has had it yet';
  if (kept === 'damaged') return 'its place is damaged';
  const { trying, lastFailure, lastDelivery } = place;
  if (trying !== null && trying.attempts > 0)
    return `retrying after ${counted(trying.attempts, 'try').replace('trys', 'tries')}: ${lastFailure?.reason ?? ''}`;
  return lastDelivery === null ? 'nothing sent yet' : `last sent ${formatAge(now - lastDelivery)} ago`;
}

function targetRow(listed: ListedTarget, now: number, wide: boolean): TableRow {
  const { target, place } = listed;
  const isBad = place.dead > 0 || (place.trying?.attempts ?? 0) > 0;
  return [
    { text: target.name, colour: 'bold' },
    target.channel.type,
    String(place.delivered),
    String(place.waiting),
    { text: String(place.dead), ...(place.dead > 0 ? { colour: 'red' as const } : {}) },
    { text: oneLine(stateText(listed, now)), ...(isBad ? { colour: 'yellow' as const } : {}) },
    ...(wide ? [target.rules.map(({ name }) => name).join(', '), place.after ?? ''] : []),
  ];
}

/** Builds the result of `kgit notify list`. @param now ms since the epoch */
export function targetsResult(
  { pageUrl }: NotifyConfig,
  listed: readonly ListedTarget[],
  now: number,
): CommandResult {
  const targets = listed.map(targetJson);
  const dead = listed.flatMap(({ target, place }) =>
    place.lastDead.slice(-1).map(({ title, reason }) => `${target.name}: gave up '${title}': ${reason}`),
  );
  return {
    json: { pageUrl, targets },
    rows: targets,
    names: listed.map(({ target }) => target.name),
    lines: (screen, wide) =>
      listed.length === 0
        ? ['no notifications are set up: docs/notifications.md']
        : [
            ...fittingTable(
              ['TARGET', 'TYPE', 'SENT', 'WAITING', 'DEAD', 'STATE', ...(wide ? ['RULES', 'AFTER'] : [])],
              listed.map((one) => targetRow(one, now, wide)),
              screen,
            ),
            ...dead.map((line) => screen.style('red', oneLine(line))),
          ],
  };
}

/** Builds the result of `kgit notify test`; a message that did not arrive is a finding. */
export function targetTestResult({ target, id, isDelivered, answer }: TargetTest): CommandResult {
  const { name, channel } = target;
  return {
    json: { target: name, type: channel.type, id, delivered: isDelivered, answer },
    names: [name],
    lines: ({ style }) => [
      isDelivered
        ? `${style('green', '✓')} ${style('bold', name)} took the test message: ${oneLine(answer)}`
        : `${style('red', '✗')} ${style('bold', name)} did not get the test message: ${oneLine(answer)}`,
    ],
    ...(isDelivered ? {} : { exitCode: EXIT_CODES.FINDINGS }),
  };
}
