import type { CommandResult, Screen } from '../../../terminal/output.js';

/** What `kgit serve` says once it listens. */
export interface ShownServer {
  readonly url: string;
  /** Path and name of the repository. */
  readonly path: string;
  /** The kubeconfig contexts that were named; none: the current one. */
  readonly contexts: readonly string[];
  /** Who is let in. */
  readonly access: 'open' | 'token' | 'proxy' | 'token or proxy';
  /** Paths for webhooks of forges. */
  readonly hooks: readonly string[];
}

const ACCESS: Readonly<Record<ShownServer['access'], string>> = {
  open: 'users of this machine',
  token: 'whoever has the token',
  proxy: 'whoever the proxy lets in',
  'token or proxy': 'whoever has the token, or the proxy lets in',
};

function serveLines({ url, path, contexts, access, hooks }: ShownServer, { style }: Screen): string[] {
  const rows = [
    ['repository', path],
    ['clusters', contexts.length > 0 ? `contexts ${contexts.join(', ')}` : 'the current context'],
    ['access', ACCESS[access]],
    ...(hooks.length > 0 ? [['webhooks', hooks.join(' ')]] : []),
  ];
  return [
    `${style('green', '✓')} ${style('bold', url)}`,
    ...rows.map(([name = '', value]) => `  ${style('dim', name.padEnd(10))}  ${value}`),
    style('dim', '  Ctrl-C ends it.'),
  ];
}

/** Builds the result that `kgit serve` prints once it listens. */
export function serveResult(server: ShownServer): CommandResult {
  return {
    json: { ...server },
    names: [server.url],
    lines: (screen) => serveLines(server, screen),
  };
}
