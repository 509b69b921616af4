import { InvalidStateError } from '../../errors.js';
import { mergeRecipients } from '../../model/team-secret/merge-recipients.js';
import { teamRecipients } from '../../model/team-secret/sops-config.js';
import type { Git } from '../process/git.js';
import { mergeLines, type Sides } from './merge-state-text.js';

/**
 * Merges two versions of `.sops.yaml`: recipients that both added are joined, anything else is merged by lines; `isClean` if nothing
 * is left to decide. Throws EnvironmentError.
 */
export async function mergeSopsFile(git: Git, sides: Sides): Promise<{ text: string; isClean: boolean }> {
  const joined = valid(() => mergeRecipients(sides));
  if (joined !== null) return { text: joined, isClean: true };
  const lines = await mergeLines(git, sides);
  // Lines that merge into what is no rule of kgit's would shut out the team.
  const isRead = lines.isClean && valid(() => teamRecipients(lines.text)) !== null;
  return { ...lines, isClean: isRead };
}

/** The result; null if a text is broken, so that people decide. */
function valid<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof InvalidStateError) return null;
    throw error;
  }
}
