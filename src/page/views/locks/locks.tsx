import { useTitle } from '../../shell/use-title.js';
import { HeldLocks } from './held-locks.js';
import { Outbox } from './outbox.js';
import { Proposals } from './proposals.js';

/** Who holds locks, which proposals are open, what waits to be published. */
export function Locks() {
  useTitle('Locks');
  return (
    <>
      <h1 class="view-title">Locks, proposals, outbox</h1>
      <div class="stack">
        <HeldLocks />
        <Proposals />
        <Outbox />
      </div>
    </>
  );
}
