/** What a bearer token may read. */
export interface Rights {
  /** Namespaces whose ClusterDeployments it may list; `*`: all, and the cluster-wide list. */
  readonly clusters: '*' | readonly string[];
  readonly managements: boolean;
  /** Namespace kube-system, whose UID identifies a cluster. */
  readonly kubeSystem: boolean;
  /** Events and all other kinds. */
  readonly others: boolean;
}

/** A client without a token is anonymous, and may read nothing. */
const ANONYMOUS: Rights = { clusters: [], managements: false, kubeSystem: false, others: false };

/** The rights of an `Authorization` header; null if its token is unknown. */
export function rightsOf(
  authorization: string | undefined,
  tokens: Readonly<Record<string, Rights>>,
): Rights | null {
  if (authorization === undefined) return ANONYMOUS;
  const token = authorization.match(/^Bearer (.+)$/)?.[1];
  return (token !== undefined && Object.hasOwn(tokens, token) && tokens[token]) || null;
}
