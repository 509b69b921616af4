import { AccessToken } from './access/access-token.js';
import { HookSecret } from './hooks/hook-secret.js';
import { FollowedFiles, type FollowOptions } from './http/followed-files.js';
import { parseTlsPair, type TlsPair } from './http/tls-pair.js';

/** Paths of the files that the operator names; null for what is not used. */
export interface ServePaths {
  readonly token: string | null;
  readonly hookSecret: string | null;
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

/** The same files, followed. */
export interface ServeFiles {
  readonly token: FollowedFiles<AccessToken> | null;
  readonly hookSecret: FollowedFiles<HookSecret> | null;
  readonly tls: FollowedFiles<TlsPair> | null;
}

/** Reads the files for the first time. Throws UsageError, EnvironmentError. */
export async function openServeFiles(paths: ServePaths, options: FollowOptions): Promise<ServeFiles> {
  const { token, hookSecret, tls } = paths;
  const follow = <T>(path: string | null, parse: (text: string) => T) =>
    path === null
      ? null
      : FollowedFiles.open({ paths: [path], parse: ([text = '']) => parse(text) }, options);
  return {
    token: await follow(token, AccessToken.parse),
    hookSecret: await follow(hookSecret, HookSecret.parse),
    tls: tls && (await FollowedFiles.open({ paths: [tls.cert, tls.key], parse: parseTlsPair }, options)),
  };
}
