import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MARKER_FILE } from '../model/layout.js';

export const CI_SYSTEMS = ['github', 'gitlab', 'forgejo', 'none'] as const;
export type CiSystem = (typeof CI_SYSTEMS)[number];

/** Names in the template folder, and the paths that they are laid out at. Dots are left out there, for npm drops such files. */
const COMMON: Readonly<Record<string, string>> = {
  'kgit.yaml': MARKER_FILE,
  'README.md': 'README.md',
  gitattributes: '.gitattributes',
};
const CI: Readonly<Record<Exclude<CiSystem, 'none'>, readonly [string, string]>> = {
  github: ['ci/github.yml', '.github/workflows/kgit.yml'],
  gitlab: ['ci/gitlab.yml', '.gitlab-ci.yml'],
  forgejo: ['ci/forgejo.yml', '.forgejo/workflows/kgit.yml'],
};

/** What a new state repository holds: path and text of each file. @param folder the template folder */
export async function templateFiles(folder: string, ci: CiSystem): Promise<Map<string, string>> {
  const sources = Object.entries(COMMON);
  if (ci !== 'none') sources.push([...CI[ci]]);
  const files = sources.map(
    async ([name, path]) => [path, await readFile(join(folder, name), 'utf8')] as const,
  );
  return new Map(await Promise.all(files));
}
