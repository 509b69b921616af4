import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { RULES } from '../../../src/k0rdent/doctor/doctor-rights.js';

interface Role {
  readonly rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
}

it('doctor asks for what docs/rbac.yaml grants', () => {
  const path = join(import.meta.dirname, '../../../docs/rbac.yaml');
  const [role] = parseAllDocuments(readFileSync(path, 'utf8')).map((document) => document.toJS() as Role);
  const granted = (role?.rules ?? [])
    // One namespace by its name is what tells the identity without managements.
    .filter(({ resourceNames }) => resourceNames === undefined)
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.filter((verb) => verb !== 'get').map((verb) => `${verb} ${resource} ${group}`),
        ),
      ),
    );
  const asked = RULES.map(({ verb, resource, group }) => `${verb} ${resource} ${group}`);
  expect(asked.sort()).toEqual(granted.sort());
});
