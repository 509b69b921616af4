import { useSettled } from '../../state/settled.js';

/** Filters of the address, and the parameters of the API that they are. */
const PARAMETERS = {
  q: 'grep',
  subject: 'subject',
  action: 'action',
  user: 'user',
  outcome: 'outcome',
  run: 'run',
  since: 'since',
  until: 'until',
} as const;

/** Filters of the timeline. */
export interface Filters {
  readonly query: URLSearchParams;
  /** Whether the address has other ones by now, which the user still types. */
  readonly areOld: boolean;
}

/** The filters in an address, once the user has stopped typing them. */
export function useFilters(query: URLSearchParams): Filters {
  const filters = new URLSearchParams();
  for (const name of Object.keys(PARAMETERS)) {
    const value = query.get(name) ?? '';
    if (value !== '') filters.set(name, value);
  }
  const text = filters.toString();
  const settled = useSettled(text);
  return { query: new URLSearchParams(settled), areOld: settled !== text };
}

/** The query of the API for filters. @param without a filter that the API does not take */
export function askedFilters(filters: URLSearchParams, without?: keyof typeof PARAMETERS): string {
  const asked = new URLSearchParams();
  for (const [name, parameter] of Object.entries(PARAMETERS)) {
    const value = filters.get(name);
    if (value !== null && name !== without) asked.set(parameter, value);
  }
  return asked.toString();
}
