import { RemoteError } from '../errors.js';
import { isMap } from '../model/value/value.js';
import { webLink } from '../model/value/web-link.js';
import type { ForgeProposal } from './forge.js';

interface Names {
  readonly number: string;
  readonly url: string;
  readonly body: string;
  readonly isOpen: (json: Readonly<Record<string, unknown>>) => boolean;
  readonly tip: (json: Readonly<Record<string, unknown>>) => unknown;
}

/** Parses a proposal from a forge's answer, by that forge's names of fields; null for anything else. */
export function record(json: unknown, names: Names): ForgeProposal | null {
  if (!isMap(json)) return null;
  const { [names.number]: number, [names.url]: url, [names.body]: body, title } = json;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) return null;
  const page = typeof url === 'string' ? webLink(url) : null;
  if (page === null) return null;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const tip = text(names.tip(json)) || null;
  return { number, url: page, isOpen: names.isOpen(json), tip, title: text(title), body: text(body) };
}

/** The revision of a request's head, as GitHub and Gitea nest it. */
export function headOf({ head }: Readonly<Record<string, unknown>>): unknown {
  return isMap(head) ? head['sha'] : undefined;
}

/** Parses a forge's list of proposals. Throws RemoteError if the answer is no such list. */
export function proposals(
  json: unknown,
  forge: string,
  read: (json: unknown) => ForgeProposal | null,
): ForgeProposal[] {
  const list = Array.isArray(json) ? json.map(read) : [null];
  if (list.every((item) => item !== null)) return list;
  throw new RemoteError(`${forge} answers with something else than requests to merge`, {
    data: { forge, remote: 'denied', cause: 'transport' },
    suggestions: ['Check which forge the remote is: the setting propose.forge'],
  });
}
