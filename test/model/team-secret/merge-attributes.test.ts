import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withMergeAttributes } from '../../../src/model/team-secret/merge-attributes.js';

const TEMPLATE = join(import.meta.dirname, '../../../templates/state-repo/gitattributes');

it('a new repository has the lines for merging secrets; an older one gets what it lacks, once', () => {
  const text = readFileSync(TEMPLATE, 'utf8');
  expect(withMergeAttributes(text)).toBeNull();
  const older = '*.yaml text eol=lf\n/.sops.yaml merge=kgit-state';
  const added = withMergeAttributes(older) ?? '';
  expect(added.startsWith(`${older}\n#`)).toBe(true);
  expect(added.match(/merge=kgit-state/g)).toHaveLength(3);
  expect(withMergeAttributes(added)).toBeNull();
});
