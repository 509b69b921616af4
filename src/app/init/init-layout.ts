import { UsageError } from '../../errors.js';
import { refuseTexts } from '../../model/secret/guard-secrets.js';
import { MARKER_FILE } from '../../model/subject/layout.js';
import { isLabel } from '../../model/subject/subject.js';
import type { Recipient } from '../../model/team-secret/recipients.js';
import { SOPS_FILE } from '../../model/team-secret/secret-name.js';
import { changedRecipients } from '../../model/team-secret/sops-config.js';
import type { Layout } from './lay-out.js';
import { listingManagement, withManagement } from './marker-text.js';
import { type CiSystem, templateFiles } from './template-files.js';

/** Throws UsageError for a name that no management cluster can have, SecretError. */
export function requireManagement(name: string | undefined): void {
  refuseTexts({ management: name });
  if (name === undefined || isLabel(name)) return;
  throw new UsageError(`--management ${JSON.stringify(name.slice(0, 80))} is not a DNS-1123 label`, {
    suggestions: ["Use at most 63 characters of a-z, 0-9 and '-'"],
  });
}

/**
 * Returns the layout of a new state repository.
 * @param root this program's folder
 * @param ci null for a store that nobody checks out: it gets kgit.yaml alone
 * @param management the management cluster that kgit.yaml lists; the default one if undefined
 * @param readers who can read the team's secrets; none are shared if there are none
 */
export async function initLayout(
  root: string,
  {
    management,
    ci,
    readers = [],
  }: {
    readonly management: string | undefined;
    readonly ci: CiSystem | null;
    readonly readers?: readonly Recipient[];
  },
): Promise<Layout> {
  const files = await templateFiles(root, ci);
  if (readers.length > 0) files.set(SOPS_FILE, changedRecipients(null, { add: readers, remove: [] }));
  files.set(MARKER_FILE, withManagement(files.get(MARKER_FILE) ?? '', management));
  return {
    files,
    amendMarker: (text) => listingManagement(text, management),
    subject: 'init: state repository',
  };
}
