import { compareStates } from '../../app/read/compare-states.js';
import { readValue } from '../../app/read/read-value.js';
import { revisionThen } from '../../app/read/revision-of.js';
import { type SubjectChanges, stateChanges } from '../../app/read/state-changes.js';
import { targetDeployment } from '../../app/write/change-state.js';
import { phasesOf } from '../../app/write/move-phase.js';
import { changesJson, phasesJson, valueJson } from '../../cli/render/json/state-json.js';
import { SecretError } from '../../errors.js';
import { SkippedEvents } from '../../model/event/broken-events.js';
import { maskSecrets } from '../../model/secret/mask-secrets.js';
import { masked } from '../../model/secret/masked.js';
import { parseStatePath } from '../../model/state/state-path.js';
import { maskedRow } from '../../review/masked-row.js';
import { type Answering, type ApiParts, type ApiRequest, documentOf } from './api-parts.js';

/** The open repository, with the deployment of the path as the one that it is about. */
function contextOf({ monitor: { context } }: ApiParts, { names }: ApiRequest) {
  return { ...context, settings: { ...context.settings, deployment: names['id'] } };
}

const maskedChanges = ({ subject, rows }: SubjectChanges) => ({ subject, rows: rows.map(maskedRow) });

/** The whole state of a deployment. */
export const stateAnswer: Answering = async (parts, request) => {
  const query = { path: [], mayMiss: false };
  const { deployment, value, isWithheld } = await readValue(contextOf(parts, request), query, parts.now());
  if (isWithheld) throw new SecretError('the state is withheld from the repository, and is not shown');
  return documentOf(parts, 'GetResult', valueJson(deployment, '', masked(value)));
};

/** The phases of a deployment. */
export const phasesAnswer: Answering = async (parts, request) => {
  const context = contextOf(parts, request);
  const id = await targetDeployment(context, { deployment: context.settings.deployment });
  const phases = (await phasesOf(context, id)).map((phase) => ({
    ...phase,
    reason: phase.reason === null ? null : maskSecrets(phase.reason),
  }));
  return documentOf(parts, 'PhaseResult', phasesJson(id, phases));
};

/** Who set what in the state of a deployment. */
export const historyAnswer: Answering = async (parts, request) => {
  const text = request.query.text('path');
  const path = text === undefined ? null : parseStatePath(text);
  const skipped = new SkippedEvents();
  const changes = await stateChanges(contextOf(parts, request), path, skipped);
  return documentOf(parts, 'HistoryResult', changesJson([maskedChanges(changes)]), skipped);
};

/** How the state of a deployment differs between two revisions or times. */
export const diffAnswer: Answering = async (parts, request) => {
  const context = contextOf(parts, request);
  const { opened, reading } = context;
  const revision = (text: string | undefined) =>
    text === undefined
      ? undefined
      : revisionThen(text, { store: opened.repository.store, reading }, parts.now());
  const [from, to] = [await revision(request.query.text('from')), await revision(request.query.text('to'))];
  const { changes } = await compareStates(context, from, to);
  return documentOf(parts, 'DiffResult', changesJson(changes.map(maskedChanges)));
};
