import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { changeState } from '../../../src/app/write/change-state.js';
import type { Precondition } from '../../../src/model/operation/operation.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { memoryWriting } from '../memory-writing.js';
import { sopsEnvironment } from './team-keys.js';

/** The public key of nobody: tests that only encrypt need no private one. */
export const RECIPIENT = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

/** `memoryWriting` with deployment `dep-a`, whose team shares secrets with `recipient`. */
export async function sharedWriting(recipient = RECIPIENT) {
  const memory = memoryWriting();
  const environment = sopsEnvironment();
  const writing = () => memory.writing({ environment });
  await memory.begin({ 'azure.region': 'eastus', 'kof.version': '1.4.0' });
  await changeRecipients(await writing(), { add: [ageRecipient(recipient)], remove: [] });
  const view = async () => memory.store.view((await memory.store.head()).revision);
  return {
    ...memory,
    writing,
    view,
    /** Sets secrets of `dep-a`. */
    setSecrets: async (
      values: Readonly<Record<string, string>>,
      preconditions: readonly Precondition[] = [],
    ) =>
      changeState(
        await writing(),
        {},
        {
          fields: { action: 'state_changed' },
          edits: [],
          secrets: new Map(Object.entries(values)),
          preconditions,
        },
      ),
    /** The names of the files of the secrets. */
    files: async () =>
      ((await (await view()).list('deployments/dep-a/secrets')) ?? []).map(({ name }) =>
        name.replace('.sops.yaml', ''),
      ),
  };
}
