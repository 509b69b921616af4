/** The colours of the page: those of the system unless the user chose. */

export type Theme = 'light' | 'dark';

const KEY = 'kgit-theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** The theme that the user chose; null to follow the system. */
function chosenTheme(): Theme | null {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : null;
  } catch {
    // A browser that denies storage follows the system.
    return null;
  }
}

/** The theme in use. */
export function currentTheme(): Theme {
  return chosenTheme() ?? (systemIsDark.matches ? 'dark' : 'light');
}

/** Sets the theme on the document. */
export function applyTheme(): void {
  document.documentElement.dataset['theme'] = currentTheme();
}

/** Applies a choice and keeps it; the choice that equals the system's is forgotten, so that the page follows again. */
export function chooseTheme(theme: Theme): void {
  const isSystems = theme === (systemIsDark.matches ? 'dark' : 'light');
  try {
    if (isSystems) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Without storage the choice holds until the page is left.
  }
  document.documentElement.dataset['theme'] = theme;
}

/** Calls `listener` when the system's theme changes. */
export function onSystemTheme(listener: () => void): () => void {
  systemIsDark.addEventListener('change', listener);
  return () => systemIsDark.removeEventListener('change', listener);
}
