import type { OpenRepository } from '../../setup/composition.js';
import { facetOf } from '../../setup/facet-of.js';

export interface HookResult {
  readonly path: string;
  readonly changed: boolean;
}

/**
 * Installs or removes git's hook that checks what is staged for a commit.
 * Throws UsageError if the store is not git or nothing is checked out, ConflictError if the hook is somebody else's,
 * EnvironmentError.
 */
export async function workOnHook(
  opened: Pick<OpenRepository, 'git' | 'backend'>,
  verb: 'install' | 'uninstall',
): Promise<HookResult> {
  const hook = await facetOf(opened, 'git', 'kgit hooks').commitHook();
  return verb === 'install' ? hook.install() : hook.uninstall();
}
