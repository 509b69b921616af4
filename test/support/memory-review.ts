import type { FileCheck } from '../../src/review/check/check-files.js';
import type { Review, TreeFile } from '../../src/store/port/review.js';
import type { StateView } from '../../src/store/port/state-store.js';

async function pathsBelow(view: StateView, folder: string): Promise<string[]> {
  const entries = (await view.list(folder)) ?? [];
  const paths = entries.map(async ({ name, kind }) => {
    const path = folder === '' ? name : `${folder}/${name}`;
    return kind === 'folder' ? pathsBelow(view, path) : [path];
  });
  return (await Promise.all(paths)).flat();
}

/** The part of a review that `checkFiles` needs, over the files of a view. */
export function reviewOf(view: StateView): FileCheck['review'] {
  const bytes = async (path: string) => Buffer.from((await view.read(path)) ?? '');
  const review: Pick<Review, 'files' | 'contents'> = {
    async *files() {
      const files: TreeFile[] = [];
      for (const path of (await pathsBelow(view, '')).sort())
        files.push({ path, kind: 'plain', content: path, bytes: (await bytes(path)).length });
      yield files;
    },
    contents: (names) => Promise.all(names.map(bytes)),
  };
  return review as Review;
}
