import type { ForgeAddress } from './forge-address.js';
import type { ForgeKind } from './forge-kind.js';

/** The page of a forge where a person opens the request to merge `head` into `base`. */
export function requestPage(
  kind: ForgeKind,
  { host, path }: Pick<ForgeAddress, 'host' | 'path'>,
  head: string,
  base: string,
): string {
  const root = `https://${host}/${path}`;
  if (kind === 'gitlab') {
    const query = new URLSearchParams({
      'merge_request[source_branch]': head,
      'merge_request[target_branch]': base,
    });
    return `${root}/-/merge_requests/new?${query}`;
  }
  const [from, to] = [head, base].map((branch) => branch.split('/').map(encodeURIComponent).join('/'));
  return `${root}/compare/${to}...${from}${kind === 'github' ? '?expand=1' : ''}`;
}
