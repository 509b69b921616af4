import type { Identification } from '../../../app/observe/identification.js';
import { kindWords } from '../../../app/observe/learned-managements.js';
import type { WriteOutcome } from '../../../store/outbox/outcomes.js';
import type { CommandResult } from '../../../terminal/output.js';
import { oneLine } from '../../../terminal/terminal-text.js';
import { outcomeJson, unwrittenJson } from './write-result.js';

/**
 * Builds the result of `kgit identify`.
 * @param context the name of the kubeconfig context
 * @param written null if nothing changed
 * @param revision the revision that was read
 */
export function identifyResult(
  plan: Identification,
  context: string,
  written: WriteOutcome | null,
  revision: string | null,
): CommandResult {
  const { name, outcome, before, identities } = plan;
  const how = written === null ? unwrittenJson(revision) : outcomeJson(written);
  return {
    json: { management: name, context, outcome, identities, before, ...how },
    names: [name],
    rows: identities.map((identity) => ({ management: name, identity })),
    lines: ({ style }) => [
      `${style('green', '✓')} ${summary(plan, oneLine(context))}${written === null ? '' : `, ${written.delivery}`}`,
      ...identities.map((identity) => style('dim', `  ${oneLine(identity)}`)),
    ],
  };
}

function summary({ name, outcome, identities }: Identification, context: string): string {
  const by = `known by ${kindWords(identities)}`;
  if (outcome === 'unchanged') return `management cluster ${name} is context ${context} already, ${by}`;
  return `management cluster ${name} is context ${context}, ${by}: ${outcome}`;
}
