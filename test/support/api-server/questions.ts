import {
  type AskedServer,
  ask,
  continueOf,
  doVersionsRise,
  finding,
  lines,
  type RawAnswer,
  type RecordedAnswer,
  versionOf,
} from './asking.js';
import type { KubeObject } from './objects.js';

const BASE = '/apis/k0rdent.mirantis.com/v1beta1';
const ALL = `${BASE}/clusterdeployments`;
const TEAM = `${BASE}/namespaces/team-payments/clusterdeployments`;
const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/** Requests whose answer depends on nothing but what is there: three clusters, a to c, and the users' rights. */
const GETS: Readonly<Record<string, readonly [token: string, path: string]>> = {
  'the group': ['reader', '/apis/k0rdent.mirantis.com'],
  'a group that is not served': ['admin', '/apis/none.example.com'],
  'a version that is not served': ['admin', '/apis/k0rdent.mirantis.com/v1alpha1/clusterdeployments'],
  'a kind that is not served': ['admin', `${BASE}/nones`],
  'an unknown token': ['stranger', ALL],
  'no token': ['', ALL],
  'a forbidden list': ['nobody', ALL],
  'a forbidden list of a namespace': ['nobody', TEAM],
  'a list of the namespace that a team may read': ['team', TEAM],
  'a list of all namespaces by a team': ['team', ALL],
  'a forbidden list of another kind': ['reader', `${BASE}/managements`],
  'a forbidden list of events': ['reader', '/api/v1/namespaces/team-payments/events'],
  'a forbidden object': ['nobody', `${TEAM}/none`],
  'a forbidden watch': ['nobody', `${ALL}?watch=1`],
  'a forbidden namespace': ['reader', '/api/v1/namespaces/kube-system'],
  'the namespace kube-system': ['admin', '/api/v1/namespaces/kube-system'],
  'an object': ['reader', `${TEAM}/a`],
  'an object that is not there': ['reader', `${TEAM}/none`],
  'an empty list of another kind': ['admin', `${BASE}/managements?limit=500`],
  'an empty list of events': [
    'admin',
    '/api/v1/namespaces/team-payments/events?fieldSelector=involvedObject.name%3Da&limit=500',
  ],
  'a list': ['reader', ALL],
  'a list by a label': ['reader', `${ALL}?labelSelector=tier%3Dprod`],
  'a list by a label that nothing has': ['reader', `${ALL}?labelSelector=no%3Done`],
  'a list by a name': ['reader', `${ALL}?fieldSelector=metadata.name%3Db`],
  'a selector that cannot be parsed': ['reader', `${ALL}?labelSelector=!!`],
  'a field that cannot be selected': ['reader', `${ALL}?fieldSelector=spec.template%3Dx`],
  'a list of version 0': ['reader', `${ALL}?resourceVersion=0`],
  'a list of a version that is to come': ['reader', `${ALL}?resourceVersion=99999999`],
  'a version that is not a number': ['reader', `${ALL}?resourceVersion=abc`],
  'a watch of a version that is not a number': ['reader', `${ALL}?watch=1&resourceVersion=abc`],
  'a malformed continue token': ['reader', `${ALL}?limit=1&continue=bad`],
};

/** A ClusterDeployment of the namespace team-payments. */
export function cluster(name: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    ...{ apiVersion: 'k0rdent.mirantis.com/v1beta1', kind: 'ClusterDeployment' },
    metadata: { name, namespace: 'team-payments', labels },
    spec: { template: 'x', credential: 'x' },
  };
}

/** Asks a server that holds no ClusterDeployment everything that kgit may ask, and what goes wrong with it. */
export async function askAll(server: AskedServer): Promise<Record<string, RecordedAnswer>> {
  const answers: Record<string, RecordedAnswer> = {};
  const note = (name: string, { text: _, ...answer }: RawAnswer) => {
    answers[name] = answer;
  };
  for (const name of ['a', 'b', 'c']) await server.apply(cluster(name, name === 'c' ? {} : { tier: 'prod' }));
  for (const [name, [token, path]] of Object.entries(GETS)) note(name, await ask(server, token, path));
  const spec = {
    resourceAttributes: { group: 'k0rdent.mirantis.com', resource: 'managements', verb: 'list' },
  };
  const review = { kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec };
  for (const user of ['admin', 'reader'])
    note(`a review of the rights of ${user}`, await ask(server, user, REVIEWS, { body: review }));
  await askPages(server, note);
  const version = await askWatches(server, note);
  await server.apply(cluster('a', { changed: 'again' }));
  await server.compact();
  note(
    'a watch of a version that is gone',
    lines(await ask(server, 'reader', `${ALL}?watch=1&resourceVersion=1&timeoutSeconds=1`)),
  );
  const now = versionOf(await ask(server, 'reader', `${ALL}?limit=1`));
  note(
    'the version of a list, after changes',
    finding(Number(now) > Number(version) ? 'is higher' : 'is not'),
  );
  return answers;
}

type Note = (name: string, answer: RawAnswer) => void;

/** Pages of a list that changes meanwhile; then one whose token has expired. */
async function askPages(server: AskedServer, note: Note): Promise<void> {
  const page = (query: string) => ask(server, 'reader', `${ALL}?limit=1${query}`);
  const first = await page('');
  note('the first page', first);
  await server.remove(cluster('b'));
  const next = await page(`&continue=${continueOf(first)}`);
  note('the next page, after its object was removed', next);
  const last = await page(`&continue=${continueOf(next)}`);
  note('the last page', last);
  const versions = new Set([first, next, last].map(versionOf));
  note('the versions of the pages', finding(versions.size === 1 ? 'are one' : 'differ'));
  await server.apply(cluster('b', { tier: 'prod' }));
  note('the first page of a selection', await page('&labelSelector=tier%3Dprod'));
  const kept = await page('');
  await server.apply(cluster('b', { tier: 'prod', changed: 'once' }));
  await server.compact();
  note('a page after a compaction', await page(`&continue=${continueOf(kept)}`));
}

/** Watches; gives the version that they began at. */
async function askWatches(server: AskedServer, note: Note): Promise<string> {
  const version = versionOf(await ask(server, 'reader', `${ALL}?limit=500`));
  const from = (query: string) => `${ALL}?watch=1&timeoutSeconds=6&${query}`;
  const meanwhile = async () => {
    await server.apply(cluster('a', { tier: 'test' }));
    await server.apply(cluster('d', { tier: 'prod' }));
    await server.remove(cluster('d'));
    await server.apply(cluster('c', { tier: 'prod' }));
    server.bookmark();
  };
  const watched = await ask(server, 'reader', from(`allowWatchBookmarks=true&resourceVersion=${version}`), {
    onStart: meanwhile,
  });
  note('a watch, until its time ends', lines(watched));
  note('a bookmark', lines(watched, true));
  note('the versions of a watch', finding(doVersionsRise(watched, version) ? 'rise' : 'do not rise'));
  // From here on, everything is older than the watched version.
  const late = (query: string) => ask(server, 'reader', `${ALL}?watch=1&timeoutSeconds=1&${query}`);
  note('a watch of a name', lines(await late(`resourceVersion=${version}&fieldSelector=metadata.name%3Dd`)));
  note('a watch of a label', lines(await late(`resourceVersion=${version}&labelSelector=tier%3Dprod`)));
  note(
    'a watch of another namespace',
    lines(
      await ask(
        server,
        'reader',
        `${BASE}/namespaces/none/clusterdeployments?watch=1&timeoutSeconds=1&resourceVersion=${version}`,
      ),
    ),
  );
  note('a watch of no version', lines(await late('')));
  note('a watch of version 0', lines(await late('resourceVersion=0')));
  const future = await ask(server, 'reader', `${ALL}?watch=1&timeoutSeconds=2&resourceVersion=99999999`, {
    onStart: async () => void (await server.apply(cluster('a', { changed: 'once' }))),
  });
  note('a watch of a version that is to come', lines(future));
  return version;
}
