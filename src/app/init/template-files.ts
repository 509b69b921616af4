import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CI_PATHS, MARKER_FILE, SCHEMA_FOLDER, STATE_SCHEMA } from '../../model/subject/layout.js';

export const CI_SYSTEMS = ['github', 'gitlab', 'forgejo', 'none'] as const;
export type CiSystem = (typeof CI_SYSTEMS)[number];

/**
 * Files of this program, and the paths where they are laid out. The source names lack leading dots, because npm drops
 * such files.
 */
const COMMON: Readonly<Record<string, string>> = {
  'templates/state-repo/kgit.yaml': MARKER_FILE,
  'templates/state-repo/README.md': 'README.md',
  'templates/state-repo/gitattributes': '.gitattributes',
  'schemas/event.schema.json': `${SCHEMA_FOLDER}/event.schema.json`,
  'schemas/kgit.schema.json': `${SCHEMA_FOLDER}/kgit.schema.json`,
  'schemas/state.schema.json': `${SCHEMA_FOLDER}/${STATE_SCHEMA}`,
};
const CI: Readonly<Record<Exclude<CiSystem, 'none'>, readonly [string, string]>> = {
  github: ['templates/state-repo/ci/github.yml', CI_PATHS.github],
  gitlab: ['templates/state-repo/ci/gitlab.yml', CI_PATHS.gitlab],
  forgejo: ['templates/state-repo/ci/forgejo.yml', CI_PATHS.forgejo],
};

/**
 * The files of a new state repository: path and text of each; kgit.yaml alone if `ci` is null.
 * @param root this program's folder
 */
export async function templateFiles(root: string, ci: CiSystem | null): Promise<Map<string, string>> {
  const sources = Object.entries(COMMON).filter(([, path]) => ci !== null || path === MARKER_FILE);
  if (ci !== null && ci !== 'none') sources.push([...CI[ci]]);
  const files = sources.map(
    async ([name, path]) => [path, await readFile(join(root, name), 'utf8')] as const,
  );
  return new Map(await Promise.all(files));
}
