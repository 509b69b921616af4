import { describe, expect, it } from 'vitest';
import { InvalidStateError } from '../../../src/errors.js';
import { mergeRecipients } from '../../../src/model/team-secret/merge-recipients.js';
import { ageRecipient } from '../../../src/model/team-secret/recipients.js';
import { changedRecipients, teamRecipients } from '../../../src/model/team-secret/sops-config.js';

const [ADA, BEN, CLEO] = [
  'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  'age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg',
  'age1cy0su9fwf3gf9mw868g5yut09p6nytfmmnktexz2ya5uqg9vl9sss4euqm',
].map((id) => ageRecipient(id));
type Recipients = readonly (typeof ADA)[];

const change = (text: string, add: Recipients, remove: Recipients = []) =>
  changedRecipients(text === '' ? null : text, {
    add: add.flatMap((one) => one ?? []),
    remove: remove.flatMap((one) => one ?? []),
  });
const idsOf = (text: string | null) => teamRecipients(text)?.map(({ id }) => id);
const base = change('', [ADA]);

describe('merging two changes of .sops.yaml', () => {
  it('joins recipients that both added, and keeps what else ours changed', () => {
    const ours = `# of the team\n${change(base, [BEN])}`;
    const merged = mergeRecipients({ base, ours, theirs: change(base, [CLEO]) });
    expect(idsOf(merged)).toEqual([ADA, BEN, CLEO].map((one) => one?.id).sort());
    expect(merged).toContain('# of the team');
    expect(idsOf(mergeRecipients({ base: '', ours: base, theirs: change('', [BEN]) }))).toEqual(
      [ADA, BEN].map((one) => one?.id).sort(),
    );
    expect(mergeRecipients({ base, ours, theirs: base })).toBe(ours);
  });

  it('leaves to people who is removed, and what else theirs changed', () => {
    const both = change(base, [BEN]);
    const sides = (ours: string, theirs: string) => mergeRecipients({ base: both, ours, theirs });
    expect(sides(change(both, [], [ADA]), change(both, [CLEO]))).toBeNull();
    expect(sides(change(both, [CLEO]), change(both, [], [ADA]))).toBeNull();
    expect(sides(both, `${change(both, [CLEO])}stores: {}\n`)).toBeNull();
    expect(() => sides(both, 'creation_rules: [')).toThrow(InvalidStateError);
  });
});
