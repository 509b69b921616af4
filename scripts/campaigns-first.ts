import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders of `test/` whose files take longest, with the longest first. */
const LONG = ['campaign', 'page', 'transport', 'terminal', 'commands'];

/**
 * The place of a file in the order of `LONG`; those of other folders come later. Files that share processes come last: a
 * process ends when the next file wants one of its own.
 */
function rank({ moduleId, project }: TestSpecification): number {
  if (!project.config.isolate) return LONG.length + 1;
  const place = LONG.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return place < 0 ? LONG.length : place;
}

/** Runs the campaigns and other long files first: they take up to minutes, and would otherwise run alone at the end. */
export class CampaignsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
