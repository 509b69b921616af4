import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '../../errors.js';
import { hasCode } from '../../model/value/error-codes.js';
import { readFile } from '../../platform/small-files.js';
import { removeFile } from '../../store/local/durable-files.js';
import type { Revision } from '../../store/port/state-store.js';
import type { Git } from '../process/git.js';
import type { ObjectReader } from './object-reader.js';

const ATTRIBUTES = '.gitattributes';

/** The folders above paths, including the root (''). */
function foldersAbove(paths: readonly string[]): Set<string> {
  const folders = new Set(['']);
  for (const path of paths) {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      const folder = path.slice(0, cut);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

async function mentionsFilter(path: string): Promise<boolean> {
  try {
    return (await readFile(path, 'utf8')).includes('filter');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

/** Where git reads attributes, apart from the files of a commit. */
export interface AttributePlaces {
  readonly commonDir: string;
  /** core.attributesFile, if it is set. */
  readonly configured: string | undefined;
}

/**
 * Finds paths that a clean filter (git-crypt, LFS) would change on their way into the repository. kgit bypasses
 * filters, so their plain text would be committed. Each attribute file of the base is read once.
 */
export class FilteredPaths {
  readonly #git: Git;
  readonly #reader: ObjectReader;
  readonly #places: AttributePlaces;

  constructor(git: Git, reader: ObjectReader, places: AttributePlaces) {
    this.#git = git;
    this.#reader = reader;
    this.#places = places;
  }

  /** Throws RefusedError if one of `paths` is filtered on top of `base`. */
  async refuse(base: Revision | null, paths: readonly string[]): Promise<void> {
    const attributes = await this.#attributeFiles(base, paths);
    const speaks = [...attributes.values()].some(({ text }) => text.includes('filter'));
    if (!speaks && !(await this.#speaksElsewhere())) return;
    const [filtered] = await this.#check(attributes, paths);
    if (!filtered) return;
    throw new RefusedError(
      `${filtered.path} is filtered by .gitattributes (filter=${filtered.filter}), and kgit writes past filters`,
      {
        suggestions: [
          "Take kgit's paths out of the filter: clusters/** -filter, deployments/** -filter",
          'kgit keeps secrets out by refusing them',
        ],
        data: filtered,
      },
    );
  }

  async #attributeFiles(
    base: Revision | null,
    paths: readonly string[],
  ): Promise<Map<string, { oid: string; text: string }>> {
    const files = new Map<string, { oid: string; text: string }>();
    if (base === null) return files;
    await Promise.all(
      Array.from(foldersAbove(paths), async (folder) => {
        const name = folder ? `${folder}/${ATTRIBUTES}` : ATTRIBUTES;
        const object = await this.#reader.read(`${base}:${name}`);
        if (object?.type === 'blob') files.set(name, { oid: object.oid, text: object.data.toString('utf8') });
      }),
    );
    return files;
  }

  async #speaksElsewhere(): Promise<boolean> {
    const { commonDir, configured } = this.#places;
    const places = [join(commonDir, 'info', 'attributes'), ...(configured ? [configured] : [])];
    return (await Promise.all(places.map(mentionsFilter))).some(Boolean);
  }

  /** Asks git, with a temporary index that holds only the attribute files. */
  async #check(
    attributes: ReadonlyMap<string, { oid: string }>,
    paths: readonly string[],
  ): Promise<{ path: string; filter: string }[]> {
    const index = join(this.#places.commonDir, `kgit-${randomBytes(6).toString('hex')}.index`);
    const env = { GIT_INDEX_FILE: index };
    try {
      const entries = [...attributes].map(([name, { oid }]) => `100644 ${oid}\t${name}\0`).join('');
      await this.#git.text(['update-index', '-z', '--index-info'], { env, input: entries });
      const answer = await this.#git.text(['check-attr', '--cached', '-z', '--stdin', 'filter'], {
        env,
        input: paths.map((path) => `${path}\0`).join(''),
      });
      const fields = answer.split('\0');
      const found: { path: string; filter: string }[] = [];
      for (let i = 0; i + 2 < fields.length; i += 3) {
        const [path = '', , filter = ''] = fields.slice(i, i + 3);
        if (!['unspecified', 'unset'].includes(filter)) found.push({ path, filter });
      }
      return found;
    } finally {
      if (existsSync(index)) await removeFile(index);
    }
  }
}
