import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../parts/icons.js';
import { applyTheme, chooseTheme, currentTheme, onSystemTheme } from '../state/theme-choice.js';

/** Changes between light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme);
  useEffect(
    () =>
      onSystemTheme(() => {
        applyTheme();
        setTheme(currentTheme());
      }),
    [],
  );
  const other = theme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={`Use ${other} colours`}
      title={`Use ${other} colours`}
      onClick={() => {
        chooseTheme(other);
        setTheme(other);
      }}
    >
      <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
    </button>
  );
}
