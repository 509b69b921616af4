import { isMap } from '../model/value/value.js';
import { headOf, proposals, record } from './answers.js';
import {
  type Forge,
  type ForgeProposal,
  type ForgeRepository,
  type NewProposal,
  newest,
  type ProposalUpdate,
} from './forge.js';
import { type ForgeAccess, ForgeHttp } from './forge-http.js';

const PAGE = 50;
const MAX_PAGES = 20;

function proposalOf(json: unknown): ForgeProposal | null {
  return record(json, {
    number: 'number',
    url: 'html_url',
    body: 'body',
    isOpen: ({ state }) => state === 'open',
    tip: headOf,
  });
}

/** Whether a side of a request is this branch; of a deleted branch, only the label is left. */
const isBranch = (side: unknown, name: string) =>
  isMap(side) && (side['ref'] === name || side['label'] === name);

/** Pull requests of Gitea and Forgejo. */
export class Gitea implements Forge {
  readonly name: string;
  readonly #http: ForgeHttp;
  readonly #pulls: string;

  /** @param name the product's name, for messages */
  constructor({ root, path }: ForgeRepository, access: ForgeAccess, name: 'Gitea' | 'Forgejo') {
    this.name = name;
    const headers = { authorization: `token ${access.token}` };
    const permission = 'write pull requests (scope write:repository)';
    this.#http = new ForgeHttp({ ...access, name, root, headers, permission });
    this.#pulls = `/repos/${path}/pulls`;
  }

  /**
   * Searches the list, which has no filter by branch: all open requests, then the most recently updated closed ones.
   */
  async find(head: string, base: string): Promise<ForgeProposal | null> {
    for (const [state, pages] of [
      ['open', MAX_PAGES],
      ['closed', 1],
    ] as const) {
      for (let page = 1; page <= pages; page++) {
        const query = new URLSearchParams({ state, sort: 'recentupdate', limit: `${PAGE}`, page: `${page}` });
        const list = await this.#http.call('GET', `${this.#pulls}?${query}`);
        const ours = (json: unknown) =>
          !isMap(json) || (isBranch(json['head'], head) && isBranch(json['base'], base));
        const found = proposals(Array.isArray(list) ? list.filter(ours) : list, this.name, proposalOf);
        if (found.length > 0) return newest(found);
        // A server may return smaller pages than asked for.
        if (Array.isArray(list) && list.length === 0) break;
      }
    }
    return null;
  }

  async create(proposal: NewProposal): Promise<ForgeProposal> {
    return proposals(
      [await this.#http.call('POST', this.#pulls, proposal)],
      this.name,
      proposalOf,
    )[0] as ForgeProposal;
  }

  async update(number: number, update: ProposalUpdate): Promise<ForgeProposal> {
    const answer = await this.#http.call('PATCH', `${this.#pulls}/${number}`, update);
    return proposals([answer], this.name, proposalOf)[0] as ForgeProposal;
  }
}
