import { useResource } from '../../api/resource.js';
import type { Proposal } from '../../api/results.js';
import type { Topic } from '../../api/stream.js';
import { Failure, Skeleton } from '../../parts/notes.js';
import { OutsideLink } from '../../parts/outside-link.js';
import { Panel } from '../../parts/panel.js';
import { counted, oneLine, plain } from '../../parts/text.js';
import { Age } from '../../parts/time.js';

const TOPICS: readonly Topic[] = ['change', 'server'];

/** Proposed changes that wait for a review, with their links. */
export function Proposals() {
  const { data, failure } = useResource('ProposalsResult', '/api/v1/proposals', TOPICS);
  return (
    <Panel title="Proposals" aside={data && counted(data.proposals.length, 'proposal')}>
      {failure && <Failure failure={failure} />}
      {!data && !failure && <Skeleton rows={1} />}
      {data && data.proposals.length === 0 && <p class="muted">No proposal is open.</p>}
      {data && data.proposals.length > 0 && data.noForge !== null && (
        <p class="muted">The forge was not asked: {plain(data.noForge)}</p>
      )}
      <ul class="rows">
        {data?.proposals.map((proposal) => (
          <One key={proposal.branch} {...proposal} />
        ))}
      </ul>
    </Panel>
  );
}

function One({ branch, subjects, users, proposedAt, title, url, number }: Proposal) {
  const name = `${number === null ? '' : `#${number} `}${oneLine(title ?? branch)}`;
  return (
    <li class="waiting">
      <span class="waiting-name">{url === null ? name : <OutsideLink url={url}>{name}</OutsideLink>}</span>
      <span class="waiting-state muted">
        <Age at={proposedAt} suffix=" ago" />
      </span>
      <span class="muted">
        {users.length > 0 && `by ${users.map(oneLine).join(', ')}: `}
        {subjects.map(oneLine).join(', ')}
      </span>
    </li>
  );
}
