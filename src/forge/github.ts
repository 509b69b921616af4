import { headOf, proposals, record } from './answers.js';
import { type Forge, type ForgeProposal, type NewProposal, newest, type ProposalUpdate } from './forge.js';
import type { ForgeAddress } from './forge-address.js';
import { type ForgeAccess, ForgeHttp } from './forge-http.js';

/** Where the API of a GitHub lies: github.com, one of its data-residency hosts, or a server of one's own. */
function apiRoot(host: string): string {
  if (host === 'github.com') return 'https://api.github.com';
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `https://${host}/api/v3`;
}

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

  constructor({ host, path }: ForgeAddress, access: ForgeAccess) {
    const headers = {
      authorization: `Bearer ${access.token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    };
    const permission = 'write pull requests (pull-requests: write)';
    this.#http = new ForgeHttp({ ...access, name: this.name, root: apiRoot(host), headers, permission });
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
