import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Another Node than the one that runs the tests. */
export interface BuiltNode {
  readonly path: string;
  readonly major: number;
}

/** The newer Nodes that `install.sh` in this folder fetched; empty where that was not done. */
export function builtNodes(): readonly BuiltNode[] {
  const script = fileURLToPath(new URL('./install.sh', import.meta.url));
  const paths = execFileSync(script, ['--if-built'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  return paths.map((path) => ({ path, major: Number(/node-(\d+)/.exec(path)?.[1]) }));
}
