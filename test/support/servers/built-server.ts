import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Path of a server that `install.sh` in this folder builds or fetches; null where that was not done. */
export function builtServer(folder: 'consul' | 'valkey'): string | null {
  const script = fileURLToPath(new URL(`./${folder}/install.sh`, import.meta.url));
  try {
    return execFileSync(script, ['--if-built'], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}
