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

/** The tokens that the server knows unless a test says otherwise; any other token is a 401. */
export const TOKENS: Readonly<Record<string, Rights>> = {
  admin: { clusters: '*', managements: true, kubeSystem: true, others: true },
  viewer: { clusters: '*', managements: false, kubeSystem: true, others: false },
  reader: { clusters: '*', managements: false, kubeSystem: false, others: false },
  team: { clusters: ['team-payments'], managements: false, kubeSystem: false, others: false },
  nobody: { clusters: [], managements: false, kubeSystem: false, others: false },
};

/** The rights of an `Authorization` header, or null where nobody is who it says. */
export function rightsOf(
  authorization: string | undefined,
  tokens: Readonly<Record<string, Rights>>,
): Rights | null {
  const token = authorization?.match(/^Bearer (.+)$/)?.[1];
  return (token !== undefined && Object.hasOwn(tokens, token) && tokens[token]) || null;
}
