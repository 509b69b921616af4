import { useEffect, useState } from 'preact/hooks';

/** How long the user has to stop typing before the server is asked. */
const TYPING_MS = 300;

/** A text of the address, once the user has stopped typing it. */
export function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    if (text === settled) return;
    const timer = setTimeout(() => settle(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, settled]);
  return settled;
}
