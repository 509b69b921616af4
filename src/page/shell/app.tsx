import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../parts/icons.js';
import { startKeys } from '../state/keys.js';
import { namesOf, usePlace } from '../state/router.js';
import { Banner } from './banner.js';
import { CurrentView } from './current-view.js';
import { Help } from './help.js';
import { LiveMark } from './live-mark.js';
import { TABS } from './routes.js';
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
        <CurrentView key={path} names={names} />
      </main>
      <Help dialog={help} />
    </>
  );
}
