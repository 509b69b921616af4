/** The environment variables that hold a token for a remote or its forge. */
export const TOKEN_VARIABLES: readonly string[] = [
  'KGIT_TOKEN',
  'GH_TOKEN',
  'GITHUB_TOKEN',
  'GITLAB_TOKEN',
  'CI_JOB_TOKEN',
];
