import { execFileSync } from 'node:child_process';

/** Tests drive the built program, so it is built first, once. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs', '--quiet'], { stdio: 'inherit' });
}
