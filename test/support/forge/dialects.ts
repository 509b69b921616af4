/** The part of the forges' APIs that is about requests to merge, with the paths, keys and statuses that they document. */
export type Dialect = 'github' | 'gitlab' | 'gitea';

/** A request to merge, as the server keeps it. */
export interface Recorded {
  readonly number: number;
  state: 'open' | 'closed' | 'merged';
  head: string;
  base: string;
  title: string;
  body: string;
  /** The revision that it ended at, where a test says so. */
  tip?: string;
}

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: Record<string, unknown> | null;
  readonly owner: string;
  readonly proposals: Recorded[];
}

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

const page = (number: number) => `https://forge.example/requests/${number}`;

function github({ number, state, head, base, title, body, tip }: Recorded): unknown {
  return {
    ...{ number, title, body, html_url: page(number), state: state === 'open' ? 'open' : 'closed' },
    ...{ head: { ref: head, label: head, sha: tip }, base: { ref: base, label: base } },
  };
}

function gitlab({ number, state, head, base, title, body, tip }: Recorded): unknown {
  return {
    ...{ id: 1000 + number, iid: number, title, description: body, web_url: page(number) },
    ...{ state: state === 'open' ? 'opened' : state, source_branch: head, target_branch: base, sha: tip },
  };
}

/** Answers a request; the repository is `OWNER/state`. */
export function answer(dialect: Dialect, asked: Asked): Answer {
  const { method, url, body, owner, proposals } = asked;
  const { pathname, searchParams: query } = new URL(url, 'https://forge.example');
  const root = {
    github: `/api/v3/repos/${owner}/state/pulls`,
    gitlab: `/api/v4/projects/${owner}%2Fstate/merge_requests`,
    gitea: `/api/v1/repos/${owner}/state/pulls`,
  }[dialect];
  const show = dialect === 'gitlab' ? gitlab : github;
  if (pathname === root && method === 'GET')
    return { status: 200, json: listed(dialect, query, owner, proposals).map(show) };
  if (pathname === root && method === 'POST') return create(dialect, body ?? {}, proposals, show);
  const found = proposals.find(({ number }) => pathname === `${root}/${number}`);
  if (found && method === (dialect === 'gitlab' ? 'PUT' : 'PATCH')) {
    const { title = found.title, body: text = found.body, description = text } = body ?? {};
    Object.assign(found, { title, body: description });
    // Gitea says 201 here.
    return { status: dialect === 'gitea' ? 201 : 200, json: show(found) };
  }
  return { status: 404, json: { message: 'Not Found' } };
}

function listed(
  dialect: Dialect,
  query: URLSearchParams,
  owner: string,
  all: readonly Recorded[],
): Recorded[] {
  const newestFirst = [...all].reverse();
  const state = query.get('state');
  if (dialect === 'gitea') {
    const [page, limit] = [Number(query.get('page') ?? 1), Number(query.get('limit') ?? 30)];
    const chosen = newestFirst.filter((one) =>
      state === 'open' ? one.state === 'open' : one.state !== 'open',
    );
    return chosen.slice((page - 1) * limit, page * limit);
  }
  const head =
    dialect === 'github' ? query.get('head')?.replace(`${owner}:`, '') : query.get('source_branch');
  const base = query.get(dialect === 'github' ? 'base' : 'target_branch');
  return newestFirst.filter((one) => state === 'all' && one.head === head && one.base === base);
}

function create(
  dialect: Dialect,
  body: Readonly<Record<string, unknown>>,
  proposals: Recorded[],
  show: (one: Recorded) => unknown,
): Answer {
  const names =
    dialect === 'gitlab' ? ['source_branch', 'target_branch', 'description'] : ['head', 'base', 'body'];
  const [head, base, text] = names.map((name) => String(body[name]));
  if (proposals.some((one) => one.state === 'open' && one.head === head))
    return duplicate(dialect, String(head));
  const made = {
    number: proposals.length + 1,
    state: 'open' as const,
    head,
    base,
    title: String(body['title']),
    body: text,
  };
  proposals.push(made as Recorded);
  return { status: 201, json: show(made as Recorded) };
}

function duplicate(dialect: Dialect, head: string): Answer {
  if (dialect === 'gitlab')
    return {
      status: 409,
      json: { message: [`Another open merge request already exists for this source branch: !1`] },
    };
  if (dialect === 'gitea')
    return { status: 409, json: { message: 'pull request already exists for these targets' } };
  const errors = [
    { resource: 'PullRequest', code: 'custom', message: `A pull request already exists for ${head}.` },
  ];
  return { status: 422, json: { message: 'Validation Failed', errors } };
}
