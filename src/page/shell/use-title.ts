import { useEffect } from 'preact/hooks';

/** Names the view in the title of the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · kgit`;
  }, [title]);
}
