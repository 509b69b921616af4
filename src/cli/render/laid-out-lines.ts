import { CI_FILES } from '../../model/subject/layout.js';
import type { Screen } from '../../terminal/output.js';

/** Changes made to the repository that state is published to. */
export interface Prepared {
  /** The folder where it was created; null if it existed. */
  readonly made: string | null;
  /** The setting that makes it keep what it acknowledges; null if nothing was set. */
  readonly synced: string | null;
}

/**
 * Formats what `kgit init` added, for people.
 * @param where the user's name for the repository that state is published to
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
    // A job must not install kgit by a name that nobody owns at the registry.
    ...(CI_FILES.some((file) => added.includes(file))
      ? [
          `  ${style('yellow', '!')} CI installs kgit from a tarball that you keep: set the variables KGIT_TARBALL and`,
          `    KGIT_SHA256 of the repository (docs/ci.md, 'Install kgit in a job')`,
        ]
      : []),
  ];
}
