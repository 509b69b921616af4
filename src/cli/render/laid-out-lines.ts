import { CI_FILES } from '../../model/subject/layout.js';
import type { Screen } from '../../terminal/output.js';

/** What was done to the repository that state is published to. */
export interface Prepared {
  /** The folder where it was made; null where it was there. */
  readonly made: string | null;
  /** The setting by which it keeps what it acknowledges; null where nothing was set. */
  readonly synced: string | null;
}

/**
 * What `kgit init` tells people of what it added.
 * @param where the repository that state is published to, as people know it
 */
export function laidOutLines(
  { added, made, synced }: Prepared & { readonly added: readonly string[] },
  where: string,
  { style }: Screen,
): string[] {
  const line = (what: string, why?: string) =>
    `  ${style('dim', '+')} ${what}${why === undefined ? '' : ` ${style('dim', why)}`}`;
  return [
    ...added.map((file) => line(file)),
    ...(made === null ? [] : [line(made, 'the repository of the remote')]),
    ...(synced === null ? [] : [line(synced, `in ${where}: what was acknowledged survives a power cut`)]),
    // A job must not install kgit by a name that nobody holds at the registry.
    ...(CI_FILES.some((file) => added.includes(file))
      ? [
          `  ${style('yellow', '!')} CI installs kgit from a tarball that you keep: set the variables KGIT_TARBALL and`,
          `    KGIT_SHA256 of the repository (docs/ci.md, 'Install kgit in a job')`,
        ]
      : []),
  ];
}
