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

function proposalOf(json: unknown): ForgeProposal | null {
  return record(json, {
    number: 'number',
    url: 'html_url',
    body: 'body',
    isOpen: ({ state }) => state === 'open',
    tip: headOf,
  });
}

/** Pull requests of GitHub, and of GitHub Enterprise. */
export class GitHub implements Forge {
  readonly name = 'GitHub';
  readonly #http: ForgeHttp;
  readonly #owner: string;
  readonly #pulls: string;

  constructor({ root, path }: ForgeRepository, access: ForgeAccess) {
    const headers = {
      authorization: `Bearer ${access.token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    };
    const permission = 'write pull requests (pull-requests: write)';
    this.#http = new ForgeHttp({ ...access, name: this.name, root, headers, permission });
    this.#owner = path.slice(0, path.indexOf('/'));
    this.#pulls = `/repos/${path}/pulls`;
  }

  async find(head: string, base: string): Promise<ForgeProposal | null> {
    const query = new URLSearchParams({
      head: `${this.#owner}:${head}`,
      base,
      state: 'all',
      per_page: '100',
    });
    return newest(proposals(await this.#http.call('GET', `${this.#pulls}?${query}`), this.name, proposalOf));
  }

  async create(proposal: NewProposal): Promise<ForgeProposal> {
    const answer = await this.#http.call('POST', this.#pulls, { ...proposal, maintainer_can_modify: true });
    return proposals([answer], this.name, proposalOf)[0] as ForgeProposal;
  }

  async update(number: number, update: ProposalUpdate): Promise<ForgeProposal> {
    const answer = await this.#http.call('PATCH', `${this.#pulls}/${number}`, update);
    return proposals([answer], this.name, proposalOf)[0] as ForgeProposal;
  }
}
