import { keysOfSecret } from '../../model/secret/secret-keys.js';
import { beginsWith, type StatePath } from '../../model/state/state-path.js';
import type { Subject } from '../../model/subject/subject.js';
import { secretsFolder } from '../../model/team-secret/secret-name.js';
import type { StateView } from '../../store/port/state-store.js';
import { secretFiles } from '../../store/read/secret-files.js';
import { statePathOfKey } from '../../sync/parse/state-mapping.js';
import { isFamily, isStateFamily } from '../../sync/read/legacy-family.js';

/**
 * The names of the team's secrets that single legacy files have in place of the state's values at or below these paths
 * (`fileValueKey`). They are out of date once the state's values change by hand.
 */
export async function fileVariants(
  view: StateView,
  subject: Subject,
  paths: readonly StatePath[],
): Promise<readonly string[]> {
  if ((await view.kindOf(secretsFolder(subject))) === null) return [];
  return [...(await secretFiles(view, subject)).keys()].filter((name) => {
    const [kind, family = ''] = name.split(':');
    if (kind !== 'file' || !isFamily(family) || !isStateFamily(family)) return false;
    const [key, ...inner] = keysOfSecret(name);
    const own = [...statePathOfKey(family, String(key)), ...inner];
    return paths.some((path) => beginsWith(own, path));
  });
}
