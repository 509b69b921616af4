import type { RefObject } from 'preact';
import { Icon } from '../parts/icons.js';

const KEYS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['/'], 'Go to the search'],
  [['j', 'k'], 'Next row, previous row'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Clear the search; leave a field or this help'],
  [['?'], 'Show this help'],
];

/** The keys of the page. */
export function Help({ dialog }: { readonly dialog: RefObject<HTMLDialogElement | null> }) {
  const close = () => dialog.current?.close();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc closes a dialog
    <dialog
      ref={dialog}
      class="help"
      aria-labelledby="help-title"
      onClick={(event) => event.target === event.currentTarget && close()}
    >
      <div class="help-body">
        <div class="help-head">
          <h2 id="help-title">Keyboard</h2>
          <button type="button" class="icon-button" aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </div>
        <dl class="keys">
          {KEYS.map(([keys, what]) => (
            <div key={what}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <p class="muted">
          Times are local; point at one for UTC. Filters are in the address, so a view can be shared.
        </p>
      </div>
    </dialog>
  );
}
