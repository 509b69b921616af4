import { proposals, record } from './answers.js';
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
  const isOpen = ({ state }: Readonly<Record<string, unknown>>) => state === 'opened' || state === 'locked';
  const tip = ({ sha }: Readonly<Record<string, unknown>>) => sha;
  return record(json, { number: 'iid', url: 'web_url', body: 'description', isOpen, tip });
}

/** Merge requests of GitLab. */
export class GitLab implements Forge {
  readonly name = 'GitLab';
  readonly #http: ForgeHttp;
  readonly #requests: string;

  constructor({ root, path }: ForgeRepository, access: ForgeAccess) {
    const headers = { authorization: `Bearer ${access.token}` };
    const permission = "use the API (scope 'api'; role Developer or more)";
    this.#http = new ForgeHttp({ ...access, name: this.name, root, headers, permission });
    this.#requests = `/projects/${encodeURIComponent(path)}/merge_requests`;
  }

  async find(head: string, base: string): Promise<ForgeProposal | null> {
    const branches = { source_branch: head, target_branch: base };
    const query = new URLSearchParams({ ...branches, state: 'all', order_by: 'created_at', per_page: '100' });
    return newest(
      proposals(await this.#http.call('GET', `${this.#requests}?${query}`), this.name, proposalOf),
    );
  }

  async create({ head, base, title, body }: NewProposal): Promise<ForgeProposal> {
    const request = { source_branch: head, target_branch: base, title, description: body };
    const answer = await this.#http.call('POST', this.#requests, { ...request, remove_source_branch: true });
    return proposals([answer], this.name, proposalOf)[0] as ForgeProposal;
  }

  async update(number: number, { title, body }: ProposalUpdate): Promise<ForgeProposal> {
    const request = {
      ...(title === undefined ? {} : { title }),
      ...(body === undefined ? {} : { description: body }),
    };
    const answer = await this.#http.call('PUT', `${this.#requests}/${number}`, request);
    return proposals([answer], this.name, proposalOf)[0] as ForgeProposal;
  }
}
