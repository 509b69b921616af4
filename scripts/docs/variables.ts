/** Variables that are no settings, with their purpose; whoever starts kgit sets them. */
export const VARIABLES: readonly (readonly [names: readonly string[], about: string])[] = [
  [['KGIT_CONFIG'], 'the file of `--config`'],
  [
    ['KGIT_TOKEN'],
    "the token for the host of the remote that you have configured: `--repo`, `KGIT_REPO`, your own files, the clone's `.git/config`",
  ],
  [['GH_TOKEN', 'GITHUB_TOKEN'], 'the token for the host of `GITHUB_SERVER_URL`'],
  [['GITLAB_TOKEN', 'CI_JOB_TOKEN'], 'the token for `CI_SERVER_HOST`'],
  [['GITHUB_SERVER_URL', 'CI_SERVER_HOST', 'CI_SERVER_PORT'], "which host is the CI's own"],
  [['GITHUB_API_URL'], "where the API of the CI's own GitHub is"],
  [['GITEA_ACTIONS', 'FORGEJO_ACTIONS'], 'which forge that host is'],
  [
    ['CI'],
    "a write that cannot be published fails instead of waiting (`--require-publish`), and what is checked out is a stranger's",
  ],
  [['GITHUB_ACTOR', 'GITLAB_USER_LOGIN'], 'who acts, where neither `--user` nor the setting `user` says it'],
  [['KGIT_RUN_ID', 'GITHUB_RUN_ID', 'CI_PIPELINE_ID'], 'the run id of events, where `--run-id` is not given'],
  [['GITHUB_REPOSITORY', 'CI_PIPELINE_URL'], "the link to the run, kept in an event's `context.run_url`"],
  [
    ['KGIT_SHELL_HELPER'],
    'the helper of a script that evaluates `kgit shell-init bash`, for the scripts that it starts',
  ],
  [['KGIT_LEASE'], 'the lease that `kgit lock -- COMMAND` holds for its command'],
  [['GIT_INDEX_FILE'], 'the index that `kgit validate --staged` checks, as git names it to its hooks'],
  [['GIT_EDITOR', 'VISUAL', 'EDITOR', 'TERM'], 'the editor of `kgit edit`'],
  [
    ['KGIT_PAGER', 'PAGER'],
    'the pager of long results on a terminal, `less` where neither is set; `cat` or nothing for none',
  ],
  [['LESS', 'LV'], 'options of the pager, `FRX` and `-c` where they are not set, as git has it'],
  [['HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'XDG_STATE_HOME'], 'where your own files lie'],
  [['PATH', 'SHELL', 'USER', 'LOGNAME'], 'where git and kubectl are, and who you are, as for every program'],
  [['NODE_EXTRA_CA_CERTS'], 'certificates of further authorities for `https`, as for every program on Node'],
  [['NO_COLOR', 'FORCE_COLOR'], 'no colours, or colours in any case'],
  [
    ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'],
    'the cluster that `kubectl` asks, as always',
  ],
  [
    [
      ...['GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'SSH_ASKPASS', 'GIT_PROXY_COMMAND', 'GIT_CONFIG_*'],
      ...['GIT_SSL_*', 'GIT_CURL_*', 'GIT_HTTP_PROXY_AUTHMETHOD', 'GIT_CEILING_DIRECTORIES'],
      ...['GIT_DISCOVERY_ACROSS_FILESYSTEM', 'XDG_RUNTIME_DIR'],
    ],
    'what git itself takes from them; what names a repository, as `GIT_DIR`, is kept from it',
  ],
  [
    [
      ...['GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM', 'GIT_CONFIG_COUNT'],
      ...['GIT_SSL_CAINFO', 'GIT_SSL_CERT', 'GIT_SSL_KEY', 'GIT_SSL_NO_VERIFY', 'SUDO_UID'],
      ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
    ],
    'what `backend: git-embedded` takes from them, as git does',
  ],
];
