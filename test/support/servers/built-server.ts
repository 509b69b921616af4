import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';

/** Path of a server that `install.sh` in this folder builds or fetches; null where that was not done. */
export function builtServer(folder: 'consul' | 'valkey'): string | null {
  const script = fileURLToPath(new URL(`./${folder}/install.sh`, import.meta.url));
  // Tests have a home of their own; what was built lies in that of the user.
  const env = { PATH: process.env['PATH'], HOME: userInfo().homedir };
  try {
    return execFileSync(script, ['--if-built'], { env, encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
