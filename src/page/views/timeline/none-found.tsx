import { Empty } from '../../parts/notes.js';
import { navigate } from '../../state/router.js';

/** Says that nothing passes the filters, and offers to clear them. */
export function NoneFound({ title }: { readonly title: string }) {
  return (
    <Empty title={title}>
      <p>
        <button type="button" class="button" onClick={() => navigate('/timeline')}>
          Clear the filters
        </button>
      </p>
    </Empty>
  );
}
