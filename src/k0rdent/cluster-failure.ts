import { ClusterError } from '../errors.js';
import type { Failure, FailureCause } from './failure.js';
import { safeText } from './safe-text.js';

/** What each cause means, and what to do about it; `at` names the context. */
const WORDS: Readonly<Record<FailureCause, readonly [says: string, suggestion: string]>> = {
  'kubectl-missing': [
    'kubectl is not installed',
    'Install kubectl 1.20 or later, or put it on the PATH; `kgit status --offline` works without it',
  ],
  'kubectl-too-old': ['kubectl does not know what kgit asks of it', 'Update kubectl to 1.20 or later'],
  'kubectl-failed': [
    'kubectl failed',
    'Run `kubectl get --raw /apis` in the same context to see what it says',
  ],
  kubeconfig: [
    'the kubeconfig cannot be used',
    'Check --kubeconfig, KUBECONFIG and the file with `kubectl config view`',
  ],
  'no-context': [
    'no kubeconfig context is chosen',
    'Choose one with --context or `kubectl config use-context NAME`',
  ],
  'unknown-context': ['no such kubeconfig context', 'List them with `kubectl config get-contexts -o name`'],
  'no-credentials': [
    'the context has no credentials',
    'Log in, or add a user with credentials to this context of the kubeconfig',
  ],
  'auth-plugin': [
    "the kubeconfig's auth plugin failed",
    'Install the plugin or log in with it, then try `kubectl get --raw /apis`',
  ],
  unauthorized: ['the credentials were refused or have expired (401)', 'Log in to the cluster again'],
  forbidden: [
    'access denied (403)',
    'Ask for get and list on clusterdeployments.k0rdent.mirantis.com, or name a namespace that you may read with -n',
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
  throttled: ['the API server is busy (429)', 'Try again later'],
  'server-error': [
    'the API server reports an error',
    'Try again; look at the health of the management cluster',
  ],
  refused: ['the connection was refused', 'Check that the cluster runs and that its address is right'],
  dns: ["the server's name does not resolve", "Check the network, the VPN and the context's server address"],
  tls: [
    "the server's certificate is not trusted",
    "Check the context's certificate authority and server address",
  ],
  timeout: ['no answer in time', 'Check the network and the VPN, or raise --timeout'],
  unreachable: [
    'the server cannot be reached',
    "Check the network, the proxy and the context's server address",
  ],
  'connection-cut': ['the connection broke before the answer was complete', 'Try again'],
  'unexpected-answer': [
    'the answer is not what a Kubernetes API server sends',
    'Check for a proxy or login page between here and the server',
  ],
  'too-large': ['the answer is too large', 'Narrow the list with -n or -l'],
  'other-management': [
    'this context is another management cluster',
    'Choose the right --context, or add this cluster to kgit.yaml',
  ],
  'ambiguous-management': [
    'which management cluster this is cannot be told',
    'Write the identity of each management cluster into kgit.yaml',
  ],
};

const PASSING: readonly FailureCause[] = [
  ...(['throttled', 'server-error', 'refused', 'dns', 'timeout', 'unreachable'] as const),
  ...(['connection-cut', 'expired'] as const),
];

export interface FailureScope {
  /** The context asked; absent: the current one. */
  readonly context?: string | undefined;
  /** The API path asked, without its query. */
  readonly path?: string | undefined;
}

/** The ClusterError (exit 17) of `failure`: cause in `data.cause`, kubectl's words stripped, bounded and redacted. */
export function clusterFailure(failure: Failure, scope: FailureScope = {}): ClusterError {
  const [says, suggestion] = WORDS[failure.cause];
  const at = scope.context === undefined ? '' : `context ${JSON.stringify(safeText(scope.context))}: `;
  const detail = safeText(failure.detail);
  return new ClusterError(`${at}${says}${detail === '' ? '' : `: ${detail}`}`, {
    suggestions: [suggestion],
    data: {
      cause: failure.cause,
      ...(scope.context === undefined ? {} : { context: safeText(scope.context) }),
      ...(scope.path === undefined ? {} : { path: scope.path }),
    },
  });
}

/** Whether `error` is a ClusterError of one of `causes`. */
export function failedBecause(error: unknown, ...causes: readonly FailureCause[]): boolean {
  return error instanceof ClusterError && causes.some((cause) => cause === error.data['cause']);
}

/** Whether asking again may help, without anybody doing anything. */
export function isPassing(error: unknown): boolean {
  return failedBecause(error, ...PASSING);
}
