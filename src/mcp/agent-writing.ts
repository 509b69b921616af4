import type { Context } from '../app/open/configured.js';
import { type WriteTerms, type Writing, writerOf } from '../app/write/writing.js';
import { parseClaims } from '../model/lease/lease.js';
import type { IdSource } from '../model/value/ulid.js';
import { actorOf } from '../setup/identity.js';
import type { Environment } from '../setup/this-host.js';
import type { Agent } from './agent.js';

/** What writes of an agent are made with. */
export interface AgentWritingParts {
  readonly environment: Environment;
  readonly ids: IdSource;
  /** ms since the epoch */
  readonly now: () => number;
  readonly publishLater: (context: Context) => Promise<void>;
}

/** Whether a reader would take two names for one. */
function isAlike(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => name.normalize('NFKC').trim().toLowerCase());
  return a === b;
}

/**
 * Returns the input of a use case of writing. The agent is the user of the event, marked if its name is the person's; its
 * `source` names the client and the person on whose behalf the server runs. No agent may write what looks secret.
 * @param note told what is not part of the result
 */
export function agentWriting(
  context: Context,
  agent: Agent,
  terms: Pick<WriteTerms, 'dryRun' | 'propose'>,
  note: (message: string) => void,
  { environment, ids, now, publishLater }: AgentWritingParts,
): Writing {
  const { opened, settings } = context;
  const person = actorOf(settings, environment, opened.identity).name;
  const isSame = [person, opened.identity.name].some(
    (name) => name !== undefined && isAlike(name, agent.name),
  );
  const user = isSame ? `${agent.name} (mcp)` : agent.name;
  // The address in the identity is the person's, whatever the agent is called.
  const asAgent = { opened: { ...opened, identity: {} }, settings: { ...settings, user } };
  const { client } = agent;
  const source = {
    via: 'mcp',
    ...(client && { client: client.name, ...(client.version && { client_version: client.version }) }),
    person,
  };
  return {
    ...context,
    environment,
    writer: { ...writerOf(asAgent, environment, undefined, { ids, clock: { now } }), source },
    claims: { handed: parseClaims(environment['KGIT_LEASE']) },
    terms,
    deadline: now() + settings.timeout,
    note,
    publishLater: () => publishLater(context),
  };
}
