/** A context of a kubeconfig. */
export interface KubeContext {
  readonly name: string;
  /** Bearer token; if absent, the user has no credentials. */
  readonly token?: string;
  readonly namespace?: string;
  /** Server URL; defaults to that of the kubeconfig. */
  readonly server?: string;
  /** Whether the kubeconfig trusts the server's certificate; default true. */
  readonly trusted?: boolean;
}

/** A kubeconfig in JSON (which is YAML); the first context is the current one. */
export function kubeconfig(server: string, certificate: string, contexts: readonly KubeContext[]): string {
  const ca = Buffer.from(certificate).toString('base64');
  return JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': contexts[0]?.name ?? '',
      clusters: contexts.map((context) => ({
        name: context.name,
        cluster: {
          server: context.server ?? server,
          ...((context.trusted ?? true) ? { 'certificate-authority-data': ca } : {}),
        },
      })),
      users: contexts.map(({ name, token }) => ({ name, user: token === undefined ? {} : { token } })),
      contexts: contexts.map(({ name, namespace }) => ({
        name,
        context: { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) },
      })),
    },
    null,
    2,
  );
}
