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

/** The filters in an address, once the user has stopped typing them. */
export function useFilters(query: URLSearchParams): URLSearchParams {
  const filters = new URLSearchParams();
  for (const name of Object.keys(PARAMETERS)) {
    const value = query.get(name) ?? '';
    if (value !== '') filters.set(name, value);
  }
  return new URLSearchParams(useSettled(filters.toString()));
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
