import { describe, expect, it } from 'vitest';
import { changeRecipients } from '../../../src/app/secret/change-recipients.js';
import { sharedWith, TeamValues } from '../../../src/app/secret/team-values.js';
import { deployment } from '../../../src/model/subject/subject.js';
import { secretFile } from '../../../src/model/team-secret/secret-name.js';
import type { Value } from '../../../src/model/value/value.js';
import { Sops } from '../../../src/secrets/sops.js';
import { secretFiles } from '../../../src/store/read/secret-files.js';
import { memoryWriting } from '../../support/memory-writing.js';
import { countedSops } from '../../support/sops/counted-sops.js';
import { HAS_SOPS, type Member, makeMember } from '../../support/sops/team-keys.js';
import { eventOperation } from '../../support/store-fixtures.js';

const SUBJECT = deployment('dep-a');
const VALUES: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['azure.client_secret', 'hunter22-Tr0ub4dor'],
  ['event:01JZ8Q3V5W9X2Y4Z6A7B8C9D0E:parameters.Password', 'correct horse'],
  ['file:deployment-state:wg_keys["a.b/c"]', { deep: ['x', null] }],
  ['order:deployment-state:', ['b', 'a']],
  [`kof.${'long_'.repeat(60)}`, 'long'],
]);

/** The values of a team as a member reads them, by a sops that is counted. */
function countedValues(member?: Member) {
  const { environment, count } = countedSops(member);
  const sops = new Sops({ environment, kinds: ['age'], timeoutMs: 60_000, parallel: 2 });
  return { values: new TeamValues(sops), count };
}

describe.runIf(HAS_SOPS)('the values of a team', () => {
  it('are written under any name of a withheld value, and read with a key, each once', async () => {
    const ada = makeMember();
    const memory = memoryWriting();
    await memory.begin({ 'azure.region': 'eastus' });
    const view = async () => (await memory.read()).reading.view;
    expect(await sharedWith(await view())).toBeNull();
    const add = [{ kind: 'age' as const, id: ada.recipient }];
    await changeRecipients(await memory.writing(), { add, remove: [] });
    expect(await sharedWith(await view())).toEqual(add);

    const writer = countedValues();
    const operation = eventOperation('noted', 'dep-a');
    const [write] = operation.events;
    if (!write) throw new Error('there is no event');
    const secrets = await writer.values.seal(await view(), SUBJECT, write.event.id, VALUES);
    const options = { queue: false, requirePublish: true, dryRun: false, withdraw: false, deadline: 1e15 };
    const events = [{ subject: SUBJECT, event: write.event }];
    await memory.context.opened.repository.write({ ...operation, events, secrets: [secrets] }, options);

    const files = await secretFiles(await view(), SUBJECT);
    expect(new Set(files.keys())).toEqual(new Set(VALUES.keys()));
    for (const [path, file] of files) expect(file).toBe(secretFile(SUBJECT, path));
    const reader = countedValues(ada);
    for (let times = 0; times < 2; times++) {
      const { values, locked } = await reader.values.read(await view(), files);
      expect(new Map(values)).toEqual(VALUES);
      expect(locked).toEqual([]);
    }
    expect(reader.count('decrypt')).toBe(VALUES.size);
    // Who encrypted them has them, and who has no key learns so from one of them.
    expect((await writer.values.read(await view(), files)).values.size).toBe(VALUES.size);
    expect(writer.count('decrypt')).toBe(0);
    const stranger = countedValues(makeMember());
    const { values, locked } = await stranger.values.read(await view(), files);
    expect([values.size, new Set(locked)]).toEqual([0, new Set(VALUES.keys())]);
    expect(stranger.count('decrypt')).toBe(1);
  });
});
