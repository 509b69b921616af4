import { usePlace } from '../../state/router.js';
import { useSettled } from '../../state/settled.js';

/** Filters of the address, and the parameters of the API that they are. */
const PARAMETERS = {
  subject: 'subject',
  action: 'action',
  user: 'user',
  outcome: 'outcome',
  since: 'since',
  until: 'until',
} as const;

/**
 * The query of the API for the filters in the address.
 * @param search the parameter that the text of the search is
 */
export function useAskedEvents(search: 'grep' | 'run'): URLSearchParams {
  const { query } = usePlace();
  const asked = new URLSearchParams();
  for (const [name, parameter] of Object.entries({ q: search, ...PARAMETERS })) {
    const value = query.get(name) ?? '';
    if (value !== '') asked.set(parameter, value);
  }
  return new URLSearchParams(useSettled(asked.toString()));
}
