import { RemoteError } from '../../errors.js';

/** No transport has this name, so git refuses all, even to fetch missing objects. */
export const NO_TRANSPORT: Readonly<Record<string, string>> = { GIT_ALLOW_PROTOCOL: 'none' };
/** git's message if a transport is not allowed. */
const NOT_ALLOWED = /^fatal: transport '[^']*' not allowed|from promisor remote/m;

/** The error if a remote is needed and none may be contacted. */
export function offlineError(): RemoteError {
  return new RemoteError('--queue uses no network, but this needs objects that are not in this clone', {
    suggestions: [
      'Leave --queue out: what cannot be published now is kept all the same',
      'Fetch it first: kgit sync',
    ],
    data: { remote: 'offline' },
  });
}

/** The error if git needed a missing object; null if it failed for another reason. */
export function offlineFailure({ stderr }: { readonly stderr: string }): RemoteError | null {
  return NOT_ALLOWED.test(stderr) ? offlineError() : null;
}
