import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Runs the campaigns first: they take minutes each, and would otherwise run alone at the end. */
export class CampaignsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isCampaign = ({ moduleId }: TestSpecification) => moduleId.includes('/test/campaign/');
    return [...sorted.filter(isCampaign), ...sorted.filter((file) => !isCampaign(file))];
  }
}
