import { useEffect, useState } from 'preact/hooks';
import { usePlace } from '../../state/router.js';

/** Filters of the address, and the parameters of the API that they are. */
const PARAMETERS = {
  q: 'grep',
  subject: 'subject',
  action: 'action',
  user: 'user',
  outcome: 'outcome',
  since: 'since',
  until: 'until',
} as const;

/** How long the user has to stop typing before the server is asked. */
const TYPING_MS = 300;

/** The query of the API for the filters in the address, once the user has stopped typing. */
export function useAskedEvents(): URLSearchParams {
  const { query } = usePlace();
  const asked = new URLSearchParams();
  for (const [name, parameter] of Object.entries(PARAMETERS)) {
    const value = query.get(name) ?? '';
    if (value !== '') asked.set(parameter, value);
  }
  const text = asked.toString();
  const [settled, settle] = useState(text);
  useEffect(() => {
    if (text === settled) return;
    const timer = setTimeout(() => settle(text), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, settled]);
  return new URLSearchParams(settled);
}
