import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { Empty, Skeleton } from '../parts/notes.js';
import { plain } from '../parts/text.js';
import { type Route, routeOf, type View } from './routes.js';

/** Views that were loaded, by their routes. */
const loaded = new Map<Route, View>();

/** The view of an address. A failure of one view leaves the frame, and so the other views. */
export function CurrentView({ names }: { readonly names: readonly string[] | null }) {
  const route = names ? routeOf(names) : undefined;
  const [view, setView] = useState<View | undefined>(() => route && loaded.get(route));
  const [hasFailed, setFailed] = useState(false);
  const [broken] = useErrorBoundary();
  useEffect(() => {
    if (!route || view) return;
    route.load().then(
      (one) => {
        loaded.set(route, one);
        setView(() => one);
      },
      () => setFailed(true),
    );
  }, [route, view]);
  if (!route || !names)
    return (
      <Empty title="There is nothing at this address.">
        <p>
          <a href="/clusters">Go to the fleet</a>
        </p>
      </Empty>
    );
  if (hasFailed || broken)
    return (
      <Empty title="This view cannot be shown.">
        <p>
          {broken instanceof Error
            ? plain(broken.message)
            : 'kgit may have been updated, or cannot be reached.'}
        </p>
        <p>
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        </p>
      </Empty>
    );
  const Shown = view;
  return Shown ? <Shown names={names.slice(1)} /> : <Skeleton rows={12} />;
}
