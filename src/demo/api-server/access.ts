/** What a bearer token may read. */
export interface Rights {
  /** Namespaces whose ClusterDeployments it may list; `*`: all, the cluster-wide list included. */
  readonly clusters: '*' | readonly string[];
  readonly managements: boolean;
  /** Namespace kube-system, whose UID identifies a cluster. */
  readonly kubeSystem: boolean;
  /** Events and all other kinds. */
  readonly others: boolean;
}

/** The rights of an `Authorization` header, or null where nobody is who it says. */
export function rightsOf(
  authorization: string | undefined,
  tokens: Readonly<Record<string, Rights>>,
): Rights | null {
  const token = authorization?.match(/^Bearer (.+)$/)?.[1];
  return (token !== undefined && Object.hasOwn(tokens, token) && tokens[token]) || null;
}
