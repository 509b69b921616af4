import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { changeState } from '../../../src/app/write/change-state.js';
import { ENDPOINTS, type Endpoint, OTHER_ENDPOINTS } from '../../../src/serve/api/endpoints.js';
import { requireKubectl, sample, samples } from '../../k0rdent/support.js';
import { type ApiServer, startApiServer } from '../../support/api-server/server.js';
import { sets } from '../../support/memory-writing.js';
import { checkResult, readSchema } from '../../support/schemas.js';
import { servedApi } from '../../support/serve/served-api.js';

const SECRET = `ghp_${'a1B2c3D4e5'.repeat(4)}`.slice(0, 40);
const LIVE = '/api/v1/clusters/default/kcm-system/adopted-onprem-lab';

let server: ApiServer;
beforeAll(async () => {
  requireKubectl();
  server = await startApiServer({ managements: [sample('mgmt-01-healthy.yaml')] });
});
beforeEach(() => {
  server.reset();
  Object.assign(server.cluster, { clusters: samples(), versions: ['v1beta1'] });
});
afterAll(() => server.stop());

/** The API with a deployment, a live cluster with events, and one that is recorded alone. */
async function filled() {
  const api = await servedApi(server);
  await api.begin({ 'deployment.phase': 'create_vms', 'deployment.phases.create_vms.status': 'in_progress' });
  await api.push('adopted-onprem-lab', { action: 'cluster_created', outcome: 'started', run_id: 'r1' });
  await api.push('adopted-onprem-lab', { action: 'cluster_created', outcome: 'succeeded', run_id: 'r1' });
  await api.push('gone', { action: 'cluster_created' });
  await api.reread();
  return api;
}

let known: ReturnType<typeof filled> | null = null;
/** The same, once for all tests that only read. */
function shared() {
  known ??= filled();
  return known;
}

/** A path of each endpoint. */
function pathOf({ path }: Endpoint): string {
  return path
    .replace('{id}', 'dep-a')
    .replace('{management}/{namespace}/{name}', 'default/kcm-system/adopted-onprem-lab');
}

const openapi = readSchema('openapi.json') as {
  paths: Record<string, { get: { responses: { 200: { content: Record<string, { schema: object }> } } } }>;
  components: { schemas: Record<string, object> };
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addSchema({ $id: 'openapi', components: openapi.components });

/** What is wrong with a body by the document of the API. */
function problemsOf(path: string, body: unknown): unknown {
  const schema = openapi.paths[path]?.get.responses[200].content['application/json']?.schema;
  const reference = schema as { $ref?: string };
  const validate = ajv.compile(reference.$ref ? { $ref: `openapi${reference.$ref}` } : (schema ?? false));
  return validate(body) ? [] : validate.errors;
}

describe('the API', () => {
  it.each(Object.values<Endpoint>(ENDPOINTS))('answers $path as its document says', async (endpoint) => {
    const { json, parts } = await shared();
    const { status, body, headers } = await json(pathOf(endpoint));
    expect(status, JSON.stringify(body)).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(problemsOf(endpoint.path, body)).toEqual([]);
    if (endpoint.kind !== null) {
      expect(body).toMatchObject({ apiVersion: 'kgit/v1', kind: endpoint.kind });
      checkResult(body);
    }
    expect(parts.faults).toEqual([]);
  });

  it('has a document that is OpenAPI 3.1', () => {
    const meta = JSON.parse(readFileSync(join(import.meta.dirname, 'openapi-3.1.schema.json'), 'utf8'));
    const validate = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(meta);
    const { paths, ...rest } = openapi;
    expect(validate({ paths, ...rest }) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...rest, paths: { '/x': { get: { responses: { 200: {} } } } } })).toBe(false);
  });

  it('answers all paths of its document and no others, and nothing but GET', async () => {
    const { app, json } = await shared();
    const told = [...Object.values<{ path: string }>(ENDPOINTS), ...Object.values(OTHER_ENDPOINTS)];
    const paths = told.map(({ path }) => path);
    expect(Object.keys(openapi.paths).sort()).toEqual([...paths].sort());
    const routes = app.routes
      .filter(({ method, path }) => method === 'GET' && /^\/(api|metrics|healthz|readyz)/.test(path))
      .map(({ path }) => path.replace(/:(\w+)/g, '{$1}'));
    expect(paths).toEqual(expect.arrayContaining(routes));
    for (const { path } of Object.values(ENDPOINTS)) expect(routes).toContain(path);
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await app.request('/api/v1/events', { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      checkResult(await answer.json());
    }
    const none = await json('/api/v1/none');
    expect(none.status).toBe(404);
    checkResult(none.body);
  });

  it.each([
    ['/api/v1/events?limits=3', 'there is no parameter'],
    ['/api/v1/status?x=1', 'there is no parameter'],
    ['/api/v1/events?limit=0', 'from 1 to 1000'],
    ['/api/v1/events?limit=1e3', 'from 1 to 1000'],
    ['/api/v1/events?limit=3&limit=4', 'given once'],
    ['/api/v1/events?outcome=good', 'one of started, succeeded, failed'],
    ['/api/v1/events?user=', 'it is empty'],
    ['/api/v1/events?since=soon', 'is not a time'],
    [`/api/v1/events?grep=${'x'.repeat(1001)}`, 'at most 1000 characters'],
    [`/api/v1/events?${'grep=x&'.repeat(51)}`, 'at most 50 values'],
    ['/api/v1/activity?days=-1', 'from 1 to 3660'],
    ['/api/v1/deployments/dep-a/history?path=a..b', 'path'],
    ['/api/v1/deployments/Dep%20A', 'Dep A'],
    ['/api/v1/clusters/default/kcm-system/--help', '--help'],
  ])('refuses %.60s', async (path, words) => {
    const { json } = await shared();
    const { status, body } = await json(path);
    expect(status).toBe(400);
    checkResult(body);
    expect(body).toMatchObject({ kind: 'Error', error: { code: 'USAGE' } });
    expect(body.error.message).toContain(words);
  });

  it('filters events and runs, and goes on with the next page', async () => {
    const { json } = await shared();
    const actions = ({ body }: Awaited<ReturnType<typeof json>>) =>
      body.events.map(({ action }: { action: string }) => action);
    const page = await json('/api/v1/events?limit=1&action=cluster_created&subject=cluster/gone');
    expect(actions(page)).toEqual(['cluster_created']);
    const first = await json('/api/v1/events?limit=2');
    expect(actions(first)).toHaveLength(2);
    const second = await json(`/api/v1/events?limit=2&before=${first.body.next}`);
    expect([actions(second).length, second.body.next]).toEqual([2, null]);
    expect((await json('/api/v1/events?subject=cluster/none')).status).toBe(404);
    expect((await json('/api/v1/runs?outcome=started')).body.runs).toEqual([]);
    expect((await json('/api/v1/runs?run=r1')).body.runs).toMatchObject([{ outcome: 'succeeded' }]);
  });

  it('compares a state at two times', async () => {
    const { json, writing, reread } = await filled();
    const then = Date.now();
    await expect.poll(() => Date.now()).toBeGreaterThan(then);
    const before = new Date(then).toISOString();
    const target = { deployment: 'dep-a' };
    const change = { fields: { action: 'state_changed' }, edits: sets({ 'deployment.phase': 'two' }) };
    await changeState(await writing(), target, change);
    await reread();
    const { body } = await json(`/api/v1/deployments/dep-a/diff?from=${before}`);
    expect(body.changes).toMatchObject([{ path: 'deployment.phase', before: 'create_vms', after: 'two' }]);
    expect((await json('/api/v1/deployments/dep-a/diff?from=nowhere')).status).toBe(404);
    expect((await json('/api/v1/deployments/none')).status).toBe(404);
  });

  it('never shows what looks secret', async () => {
    const { json, push, writing, reread } = await filled();
    const terms = { allowSecret: 'a test' };
    await push('adopted-onprem-lab', { action: 'noted', message: SECRET, run_id: 'r1' }, terms);
    const edits = sets({ 'azure.client_secret': SECRET });
    await changeState(
      await writing({ terms }),
      { deployment: 'dep-a' },
      { fields: { action: 'state_changed', reason: SECRET }, edits },
    );
    await reread();
    for (const endpoint of Object.values<Endpoint>(ENDPOINTS)) {
      const { status, body } = await json(pathOf(endpoint));
      expect([status, JSON.stringify(body).includes(SECRET)], endpoint.path).toEqual([200, false]);
    }
    const { body } = await json('/api/v1/deployments/dep-a/history?path=azure.client_secret');
    expect(body.changes).toMatchObject([{ after: '***', reason: '***' }]);
    const found = await json(`/api/v1/events?grep=${SECRET.slice(0, 12)}`);
    expect(found.body.events).toEqual([]);
  });
});

describe('answers that the client has', () => {
  it.each(Object.values<Endpoint>(ENDPOINTS).filter(({ kind }) => kind !== null))(
    'are 304 for $path until something changes',
    async (endpoint) => {
      const { app, monitor } = await shared();
      const path = pathOf(endpoint);
      const tag = (await app.request(path)).headers.get('etag') ?? '';
      const again = async (known = tag) =>
        (await app.request(path, { headers: { 'If-None-Match': known } })).status;
      expect(tag).toMatch(/^W\/"[\w.-]+"$/);
      expect([await again(), await again(`"x", ${tag}`), await again('"x"')]).toEqual([304, 304, 200]);
      const { repository } = monitor.health;
      if (endpoint.kind !== 'ServerResult') {
        monitor.health = {
          ...monitor.health,
          repository: { ...repository, fetchedAt: (repository.fetchedAt ?? 0) + 1_000 },
        };
        expect(await again()).toBe(304);
      }
    },
  );

  it('are not those of before a new event', async () => {
    const { app, push, reread } = await filled();
    const tags = async () =>
      Promise.all(
        ['status', 'events', 'subjects', 'activity?days=3660'].map(async (name) =>
          (await app.request(`/api/v1/${name}`)).headers.get('etag'),
        ),
      );
    const before = await tags();
    await push('adopted-onprem-lab', { action: 'noted' });
    await reread();
    const after = await tags();
    for (const [i, tag] of after.entries()) expect(tag).not.toBe(before[i]);
  });

  it('are compressed for a client that takes that', async () => {
    const { app } = await shared();
    const answer = await app.request('/api/v1/status', { headers: { 'Accept-Encoding': 'br, gzip;q=0.5' } });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    checkResult(JSON.parse(gunzipSync(await answer.arrayBuffer()).toString()));
    const plain = await app.request('/api/v1/status', { headers: { 'Accept-Encoding': 'gzip;q=0, br' } });
    expect(plain.headers.get('content-encoding')).toBe(null);
    expect(plain.headers.get('vary')).toBe('Accept-Encoding');
  });
});

describe('one cluster', () => {
  const asked = () => server.requests.length;

  it('is asked of k0rdent once, however many look at it', async () => {
    const { json } = await filled();
    const before = asked();
    const answers = await Promise.all(Array.from({ length: 5 }, () => json(LIVE)));
    const questions = asked() - before;
    for (const { body } of answers) {
      expect(body.clusters).toMatchObject([{ name: 'adopted-onprem-lab' }]);
      expect(body.detail.conditions.length).toBeGreaterThan(0);
      expect(body.timeLine.map(({ what }: { what: string }) => what)).toContain('cluster_created');
    }
    const { json: alone } = await filled();
    const then = asked();
    await alone(LIVE);
    expect(questions).toBe(asked() - then);
  });

  it('is what was last known while k0rdent is away, with the error', async () => {
    const { json } = await filled();
    server.inject({ kind: 'unavailable' });
    const { status, body } = await json(LIVE);
    expect(status).toBe(200);
    checkResult(body);
    expect(body.contexts[0].error).toMatchObject({ code: 'CLUSTER' });
    expect(body.clusters).toMatchObject([{ name: 'adopted-onprem-lab' }]);
    expect(body.recorded).toBe('created');
    expect(body.detail).toBeUndefined();
    expect(body.timeLine.length).toBeGreaterThan(0);
  });

  it('is its record if it is gone, and nothing is asked for one that nobody knows', async () => {
    const { json } = await filled();
    const gone = await json('/api/v1/clusters/default/kcm-system/gone');
    checkResult(gone.body);
    expect(gone.body).toMatchObject({ clusters: [], recorded: 'created' });
    const before = asked();
    expect((await json('/api/v1/clusters/default/kcm-system/none')).status).toBe(404);
    expect(asked()).toBe(before);
  });
});
