/** Keys of the page: `/` goes to the search, `j` and `k` from row to row, `?` shows help, Esc leaves. */

type RowListener = (step: 1 | -1) => void;
const rowListeners = new Set<RowListener>();

/** Follows `j` (1) and `k` (-1). Returns a function that ends this. */
export function onRowKey(listener: RowListener): () => void {
  rowListeners.add(listener);
  return () => void rowListeners.delete(listener);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  );
}

function searchField(): HTMLInputElement | null {
  return document.querySelector<HTMLInputElement>('input[data-search]');
}

/** Leaves the search with Esc: first its text goes, then the focus. */
function leaveField(field: HTMLElement): void {
  if (field instanceof HTMLInputElement && field.value !== '') {
    field.value = '';
    field.dispatchEvent(new Event('input', { bubbles: true }));
  } else field.blur();
}

/** @param showHelp opens the list of keys; the dialog itself closes with Esc */
export function startKeys(showHelp: () => void): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    if (isTyping(event.target)) {
      if (event.key !== 'Escape' || !(event.target instanceof HTMLElement)) return;
      event.preventDefault();
      leaveField(event.target);
      return;
    }
    if (event.key === '/') {
      const field = searchField();
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === '?') {
      event.preventDefault();
      showHelp();
    } else if (event.key === 'j' || event.key === 'k') {
      event.preventDefault();
      for (const listener of [...rowListeners]) listener(event.key === 'j' ? 1 : -1);
    } else if (event.key === 'Escape' && document.activeElement instanceof HTMLElement)
      document.activeElement.blur();
  });
}
