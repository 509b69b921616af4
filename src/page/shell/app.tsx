import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icons.js';
import { Empty, Skeleton } from '../parts/notes.js';
import { startKeys } from '../state/keys.js';
import { namesOf, usePlace } from '../state/router.js';
import { Banner } from './banner.js';
import { Help } from './help.js';
import { LiveMark } from './live-mark.js';
import { type Route, routeOf, TABS, type View } from './routes.js';
import { ThemeButton } from './theme-button.js';

/** The frame of all views. */
export function App() {
  const { path } = usePlace();
  const help = useRef<HTMLDialogElement>(null);
  useEffect(() => startKeys(() => help.current?.showModal()), []);
  const names = namesOf(path);
  const head = names?.[0] ?? 'clusters';
  return (
    <>
      <a class="skip-link" href="#view">
        Skip to content
      </a>
      <header class="app-bar">
        <a class="brand" href="/clusters">
          kgit
        </a>
        <nav aria-label="Views">
          {TABS.map((tab) => (
            <a key={tab.head} href={`/${tab.head}`} aria-current={tab.head === head ? 'page' : undefined}>
              <Icon name={tab.icon} />
              {tab.title}
            </a>
          ))}
        </nav>
        <div class="app-tools">
          <LiveMark />
          <ThemeButton />
          <button
            type="button"
            class="icon-button"
            aria-label="Keyboard help"
            title="Keyboard help (?)"
            onClick={() => help.current?.showModal()}
          >
            <Icon name="question" />
          </button>
        </div>
      </header>
      <Banner />
      <main id="view" tabIndex={-1}>
        <CurrentView names={names} />
      </main>
      <Help dialog={help} />
    </>
  );
}

/** Views that were loaded, by their routes. */
const loaded = new Map<Route, View>();

function CurrentView({ names }: { readonly names: readonly string[] | null }) {
  const route = names ? routeOf(names) : undefined;
  const [, update] = useState({});
  const [hasFailed, setFailed] = useState(false);
  useEffect(() => {
    setFailed(false);
    if (!route || loaded.has(route)) return;
    let isShown = true;
    route.load().then(
      (view) => {
        loaded.set(route, view);
        if (isShown) update({});
      },
      () => isShown && setFailed(true),
    );
    return () => {
      isShown = false;
    };
  }, [route]);
  if (!route || !names)
    return (
      <Empty title="There is nothing at this address.">
        <p>
          <a href="/clusters">Go to the fleet</a>
        </p>
      </Empty>
    );
  if (hasFailed)
    return (
      <Empty title="This view cannot be loaded.">
        <p>kgit may have been updated, or cannot be reached.</p>
        <p>
          <button type="button" class="button" onClick={() => location.reload()}>
            Reload the page
          </button>
        </p>
      </Empty>
    );
  const Shown = loaded.get(route);
  return Shown ? <Shown names={names.slice(1)} /> : <Skeleton rows={12} />;
}
