import { ClusterError } from '../../errors.js';
import type { Failure, FailureCause } from './failure.js';
import { safeText } from './safe-text.js';

/** What each cause means and what to do; `{in}` stands for kubectl's context flag. */
const WORDS: Readonly<Record<FailureCause, readonly [says: string, suggestion: string]>> = {
  'kubectl-missing': ['kubectl is not installed', 'Install kubectl 1.20 or later, or put it on the PATH'],
  'kubectl-too-old': ['kubectl does not know what kgit asks of it', 'Update kubectl to 1.20 or later'],
  'kubectl-failed': ['kubectl failed', 'Run `kubectl{in} get --raw /apis` to see what it says'],
  kubeconfig: [
    'the kubeconfig cannot be used',
    'Check --kubeconfig, KUBECONFIG and the file with `kubectl config view`',
  ],
  'no-context': [
    'no kubeconfig context is chosen',
    'Choose one with --context or `kubectl config use-context NAME`; --kubeconfig or KUBECONFIG names the file',
  ],
  'unknown-context': ['no such kubeconfig context', 'List them with `kubectl config get-contexts -o name`'],
  'no-credentials': [
    'the context has no credentials',
    'Log in, or add a user with credentials to this context of the kubeconfig; `kubectl{in} get --raw /apis` shows when it works',
  ],
  'auth-plugin': [
    "the kubeconfig's auth plugin failed",
    'Install the plugin or log in with it; `kubectl{in} get --raw /apis` shows when it works',
  ],
  unauthorized: [
    'the credentials were refused or have expired (401)',
    'Log in to the cluster again; `kubectl{in} get --raw /apis` shows when it works',
  ],
  forbidden: [
    'access denied (403)',
    'Ask for get, list and watch on clusterdeployments.k0rdent.mirantis.com, or name a namespace that you may read with -n; `kgit doctor` lists your rights',
  ],
  'no-k0rdent': [
    'k0rdent is not installed in this cluster',
    'Choose the context of a k0rdent management cluster with --context',
  ],
  'not-found': [
    'the API server does not serve this path (404)',
    'Check the context with `kubectl api-versions`',
  ],
  expired: [
    'the list kept expiring while it was read (410)',
    'Try again; a namespace (-n) makes the list shorter',
  ],
  'bad-request': [
    'the API server does not understand the request (400)',
    'Check the selector and the namespace',
  ],
  throttled: [
    'the API server is busy (429)',
    'Try again in a minute; if it stays so, find what floods the API server',
  ],
  'server-error': [
    'the API server reports an error',
    "Try again; `kubectl{in} get --raw '/readyz?verbose'` shows what of the management cluster is not well",
  ],
  refused: [
    'the connection was refused',
    "Check that the cluster's API server runs, and the context's server address",
  ],
  dns: ["the server's name does not resolve", "Check the network, the VPN and the context's server address"],
  tls: [
    "the server's certificate is not trusted",
    "Check the context's certificate authority and server address, and the clocks",
  ],
  timeout: ['no answer in time', 'Check the network and the VPN, or raise --timeout'],
  unreachable: [
    'the server cannot be reached',
    "Check the network, the proxy and the context's server address",
  ],
  'connection-cut': [
    'the connection broke before the answer was complete',
    'Try again; if it stays so, look at the proxy or load balancer before the API server',
  ],
  'unexpected-answer': [
    'the answer is not what a Kubernetes API server sends',
    'Check for a proxy or login page between here and the server',
  ],
  'too-large': ['the answer is too large', 'Narrow the list with -n or -l'],
  'other-management': [
    'this context is another management cluster',
    'Choose the right --context; if it is another cluster, or was built anew, say so: `kgit identify NAME{in}`',
  ],
  'ambiguous-management': [
    'which management cluster this is cannot be told',
    'Say which one it is: `kgit identify NAME{in}`; do so for each context',
  ],
  'no-identity': [
    'nothing that you may read tells this management cluster from another',
    'Ask for list on managements.k0rdent.mirantis.com or get on namespace kube-system, as in docs/rbac.yaml',
  ],
};

/** Causes whose text here says everything, so kubectl's own message is left out. */
const SAY_IT_ALL: readonly FailureCause[] = ['kubectl-missing', 'no-context', 'no-credentials'];

const PASSING: readonly FailureCause[] = [
  'throttled',
  'server-error',
  'refused',
  'dns',
  'timeout',
  'unreachable',
  'connection-cut',
  'expired',
];

/** Causes that point to the setup if the cluster has never answered. */
const PASSING_ONCE_WORKED: readonly FailureCause[] = [
  'tls',
  'auth-plugin',
  'unexpected-answer',
  'kubectl-failed',
];

export interface FailureScope {
  /** The context queried; absent: the current one. */
  readonly context?: string | undefined;
  /** The API path queried, without its query string. */
  readonly path?: string | undefined;
}

/** The ClusterError (exit 17) for `failure`: the cause in `data.cause`, kubectl's message shortened and redacted. */
export function clusterFailure(failure: Failure, scope: FailureScope = {}): ClusterError {
  const [says, advice] = WORDS[failure.cause];
  const named = scope.context === undefined ? '' : ` --context ${shellWord(safeText(scope.context))}`;
  const at = scope.context === undefined ? '' : `context ${JSON.stringify(safeText(scope.context))}: `;
  const detail = SAY_IT_ALL.includes(failure.cause) ? '' : safeText(failure.detail);
  return new ClusterError(`${at}${says}${detail === '' ? '' : `: ${detail}`}`, {
    suggestions: [advice.replaceAll('{in}', named)],
    data: {
      cause: failure.cause,
      ...(scope.context === undefined ? {} : { context: safeText(scope.context) }),
      ...(scope.path === undefined ? {} : { path: scope.path }),
    },
  });
}

/** Quotes a word for a shell, if necessary. */
function shellWord(text: string): string {
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Whether `error` is a ClusterError of one of `causes`. */
export function failedBecause(error: unknown, ...causes: readonly FailureCause[]): boolean {
  return error instanceof ClusterError && causes.some((cause) => cause === error.causeWord);
}

/** Whether a retry may succeed without anyone acting. */
export function isPassing(error: unknown): boolean {
  return failedBecause(error, ...PASSING);
}

/**
 * Whether a retry may succeed for a cluster that has answered before. In that case a network's sign-in page, a plugin
 * that cannot reach its server, and unknown messages may be as transient as a refused connection.
 */
export function isPassingOnceWorked(error: unknown): boolean {
  return failedBecause(error, ...PASSING, ...PASSING_ONCE_WORKED);
}
