import { RemoteError } from '../../errors.js';

/** No transport has this name, so git refuses all, also where it comes upon an object that is not here. */
export const NO_TRANSPORT: Readonly<Record<string, string>> = { GIT_ALLOW_PROTOCOL: 'none' };
/** What git says where a transport that it needs is not allowed. */
const NOT_ALLOWED = /^fatal: transport '[^']*' not allowed|from promisor remote/m;

/** The error for what needs a remote while none may be reached. */
export function offlineError(): RemoteError {
  return new RemoteError('--queue uses no network, but this needs objects that are not in this clone', {
    suggestions: [
      'Leave --queue out: what cannot be published now is kept all the same',
      'Fetch it first: kgit sync',
    ],
    data: { remote: 'offline' },
  });
}

/** The error of a git that needed an object which is not here; null where it failed for another reason. */
export function offlineFailure({ stderr }: { readonly stderr: string }): RemoteError | null {
  return NOT_ALLOWED.test(stderr) ? offlineError() : null;
}
