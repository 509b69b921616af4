import { UsageError } from '../../errors.js';
import { webLink } from '../../model/value/web-link.js';

type Environment = Readonly<Record<string, string | undefined>>;

const MAX_RUN_ID = 1024;
/** A run id is one line, since it becomes a trailer of the commit. */
const RUN_ID = new RegExp(`^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,${MAX_RUN_ID}}$`);

/** The id of the run that a write belongs to: the given one, else KGIT_RUN_ID, else that of the CI. Throws UsageError. */
export function runIdOf(
  given: string | undefined,
  environment: Environment,
  ci: string | undefined,
): string | undefined {
  const id = given ?? (environment['KGIT_RUN_ID'] || ci);
  if (id === undefined || RUN_ID.test(id)) return id;
  throw new UsageError(
    `the run id ${JSON.stringify(id.slice(0, 80))} is not one line of 1 to ${MAX_RUN_ID} characters`,
    { suggestions: ["Give --run-id the CI's own number or name of the run"] },
  );
}

/** The CI run that this process belongs to: its id and its web page; null outside of CI. */
export function ciRun(environment: Environment): { id: string; url: string | null } | null {
  const github = environment['GITHUB_RUN_ID'];
  if (github) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = environment;
    return {
      id: github,
      url: server && repository ? webLink(`${server}/${repository}/actions/runs/${github}`) : null,
    };
  }
  const gitlab = environment['CI_PIPELINE_ID'];
  return gitlab ? { id: gitlab, url: webLink(environment['CI_PIPELINE_URL'] ?? '') } : null;
}
