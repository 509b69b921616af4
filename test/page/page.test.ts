// biome-ignore-all lint/performance/useDomNodeTextContent: what is rendered is what is tested
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { KubeObject } from '../support/api-server/objects.js';
import { kgitJson } from '../support/kgit.js';
import { PATIENCE_MS, until } from '../support/patience.js';
import { openPage, seriousFindings, startBrowser, type WatchedPage } from './browser.js';
import { type ServedDemo, serveDemo } from './served-demo.js';

let served: ServedDemo;
let browser: Browser;
beforeAll(async () => {
  [served, browser] = await Promise.all([serveDemo(), startBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await served?.end();
});

let opened: WatchedPage | null = null;
afterEach(async () => {
  await opened?.page.context().close();
  opened = null;
});

/** Opens a path and waits until it shows what it is about. */
async function open(path: string, options: Parameters<typeof openPage>[1] = {}): Promise<Page> {
  opened = await openPage(browser, options);
  const { page } = opened;
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(served.url + path);
  await page.locator('tbody tr, article .cause, .step, .stack').first().waitFor();
  return page;
}

const names = (page: Page) => page.locator('.fleet-row .row-link').allInnerTexts();
const row = (page: Page, name: string) => page.locator('.fleet-row', { hasText: name });
const sample = (name: string): KubeObject => {
  const found = served.demo.server.cluster.clusters.find(({ metadata }) => metadata.name === name);
  if (!found) throw new Error(`the demo has no cluster ${name}`);
  return found;
};

it('shows the fleet: the most urgent first, what is not live too, and counts of each state', async () => {
  const page = await open('/');
  expect(await names(page)).toEqual([
    ...['aws-prod-use1', 'azure-lab-neu', 'azure-westus3-child1', 'aws-new-usw1', 'azure-staging-neu'],
    ...['openstack-prod-fra', 'gcp-lab-use4', 'edge-store-042', 'azure-prod-weu'],
  ]);
  const counts = await page.locator('.count').allInnerTexts();
  expect(counts.map((text) => text.replace(/\s+/g, ' '))).toEqual([
    ...['9 All', '1 Failed', '1 Not live', '1 ServicesPending', '2 Provisioning', '1 Updating', '1 Deleting'],
    ...['2 Ready', '3 Diverged'],
  ]);
  expect(await row(page, 'aws-prod-use1').innerText()).toMatch(/AuthFailure/);
  expect(await row(page, 'edge-store-042').innerText()).toMatch(/template changed/);
  expect(await row(page, 'openstack-prod-fra').innerText()).toMatch(/cluster upgraded\s+\d+m ago by ada/);
  expect(opened?.complaints).toEqual([]);
});

it('filters by state, text, namespace and divergence, and keeps the filters in the address', async () => {
  const page = await open('/clusters');
  await page.getByRole('button', { name: 'Provisioning' }).click();
  expect(await names(page)).toEqual(['aws-new-usw1', 'azure-staging-neu']);
  await page.getByRole('searchbox').fill('AZURE');
  await page.waitForURL('**/clusters?state=Provisioning&q=AZURE');
  expect(await names(page)).toEqual(['azure-staging-neu']);
  await page.reload();
  await page.locator('table').waitFor();
  expect(await names(page)).toEqual(['azure-staging-neu']);
  expect(await page.getByRole('searchbox').inputValue()).toBe('AZURE');
  await page.goto(`${served.url}/clusters?namespace=edge-platform&diverged=1`);
  await page.locator('table').waitFor();
  expect(await names(page)).toEqual(['edge-store-042']);
  await page.getByRole('searchbox').fill('no such cluster');
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  expect(await names(page)).toHaveLength(9);
  await page.getByRole('button', { name: 'Last event', exact: true }).click();
  await page.waitForURL('**/clusters?sort=event');
  expect((await names(page))[0]).toBe('openstack-prod-fra');
});

it('shows one cluster: the cause first, conditions, services, drift, timeline', async () => {
  const page = await open('/clusters/default/team-payments/aws-prod-use1');
  expect(await page.locator('.cause').innerText()).toMatch(
    /^CAPIClusterSummary\s+InfrastructureReady: 0 of 8/,
  );
  expect(await page.locator('.condition').first().innerText()).toMatch(/^problem\s+CAPIClusterSummary/);
  expect(await page.locator('.service').innerText()).toMatch(/ingress-nginx\/ingress-nginx\s+Missing/);
  expect(await page.locator('.moment').last().innerText()).toMatch(/cluster created.*recorded, ben/s);
  const time = page.locator('.moment time').last();
  expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
  await page.goto(`${served.url}/clusters/default/edge-platform/edge-store-042`);
  const drift = page.locator('.finding');
  await drift.waitFor();
  expect(await drift.innerText()).toMatch(/Recorded\s+remote-cluster-1-0-37\s+Live\s+remote-cluster-1-0-38/);
  expect(opened?.complaints).toEqual([]);
});

it('shows a push from another clone without a reload, and leaves the rows where they are', async () => {
  const page = await open('/clusters');
  const before = await names(page);
  const subject = 'default/edge-platform/edge-store-042';
  await kgitJson(served.demo.place.state, ['push-event', 'cluster_checked', '--cluster', subject]);
  await row(page, 'edge-store-042').getByText('cluster checked').waitFor();
  expect(await names(page)).toEqual(before);
});

it('shows what k0rdent reports as it happens; rows keep their places until they are sorted again', async () => {
  const page = await open('/clusters');
  const before = await names(page);
  const ready = sample('azure-prod-weu');
  served.demo.server.apply({ ...ready, status: sample('aws-prod-use1')['status'] });
  await row(page, 'azure-prod-weu').getByText('Failed', { exact: true }).waitFor();
  expect(await names(page)).toEqual(before);
  await page.getByRole('button', { name: 'sort again' }).click();
  expect((await names(page)).slice(0, 2)).toEqual(['azure-prod-weu', 'aws-prod-use1']);
  served.demo.server.apply(ready);
  await row(page, 'azure-prod-weu').getByText('Ready', { exact: true }).waitFor();
});

it('says that the server is gone, comes back by itself, and shows what was missed', async () => {
  const page = await open('/clusters');
  await page.locator('.live-mark.is-open').waitFor();
  await served.stop();
  await page.getByText('The connection to kgit is lost.').waitFor();
  await page.locator('.live-mark.is-lost').waitFor();
  expect(await names(page)).toHaveLength(9);
  const subject = 'default/kcm-system/azure-prod-weu';
  await kgitJson(served.demo.place.state, ['push-event', 'cluster_inspected', '--cluster', subject]);
  await served.start();
  await row(page, 'azure-prod-weu').getByText('cluster inspected').waitFor();
  await page.locator('.live-mark.is-open').waitFor();
  expect(await page.getByText('The connection to kgit is lost.').count()).toBe(0);
});

it('shows hostile texts as text', async () => {
  const markup = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
  const subject = 'default/edge-platform/gcp-lab-use4';
  const event = [
    'push-event',
    'cluster_noted',
    '--cluster',
    subject,
    '--message',
    `${markup} \u202ereversed`,
  ];
  await kgitJson(served.demo.place.state, [...event, '--user', markup]);
  const page = await open('/clusters');
  const user = row(page, 'gcp-lab-use4').getByText('<img src=x');
  await user.waitFor();
  await row(page, 'gcp-lab-use4').getByRole('link').click();
  const moment = page.locator('.moment', { hasText: 'cluster noted' });
  await moment.waitFor();
  expect(await moment.innerText()).toContain(markup);
  expect(await moment.innerText()).toContain('\ufffdreversed');
  expect(await page.locator('main img, main script').count()).toBe(0);
  expect(await page.title()).toBe('gcp-lab-use4 · kgit');
  await page.goto(`${served.url}/clusters/default/x/${encodeURIComponent('<b>no</b>')}`);
  await page.getByRole('alert').waitFor();
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('<b>no</b>');
});

it('is used with keys alone', async () => {
  const page = await open('/clusters');
  await page.keyboard.press('/');
  await page.keyboard.type('azure');
  await page.waitForURL('**/clusters?q=azure');
  await page.keyboard.press('Escape');
  await page.waitForURL('**/clusters');
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  expect(await page.locator(':focus').innerText()).toBe('azure-lab-neu');
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.locator('.row-link', { hasText: 'azure-lab-neu' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/clusters/default/kcm-system/azure-lab-neu');
  await page.getByText('Not live').first().waitFor();
  await page.goBack();
  await page.locator('table').waitFor();
  expect(await names(page)).toHaveLength(9);
});

it('goes on waiting for what the server still prepares, without a message', async () => {
  opened = await openPage(browser);
  const { page } = opened;
  page.setDefaultTimeout(PATIENCE_MS);
  let refused = 0;
  await page.route('**/api/v1/activity*', async (route) => {
    refused += 1;
    if (refused > 1) return route.continue();
    const error = { code: 'ENVIRONMENT', message: 'still reading', exitCode: 18, suggestions: [], data: {} };
    await route.fulfill({
      status: 503,
      headers: { 'retry-after': '5' },
      json: { apiVersion: 'kgit/v1', kind: 'Error', error },
    });
  });
  const answered = page.waitForResponse((answer) => answer.url().includes('activity') && answer.ok());
  await page.goto(`${served.url}/timeline`);
  await until(() => refused === 1);
  await page.locator('.event-row, tbody tr').first().waitFor();
  expect(await page.getByText('still reading').count()).toBe(0);
  await answered;
});

it('keeps the chosen theme, and follows the system without one', async () => {
  const page = await open('/clusters', { colorScheme: 'dark' });
  const theme = () => page.locator('html').getAttribute('data-theme');
  expect(await theme()).toBe('dark');
  await page.getByRole('button', { name: 'Use light colours' }).click();
  await page.reload();
  expect(await theme()).toBe('light');
  await page.getByRole('button', { name: 'Use dark colours' }).click();
  await page.emulateMedia({ colorScheme: 'light' });
  await until(async () => (await theme()) === 'light');
});

it('has room on a phone: rows are cards, and nothing is wider than the screen', async () => {
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
  const page = await open('/clusters', phone);
  // A phone makes its page as wide as what is on it.
  const width = () => page.evaluate('document.documentElement.scrollWidth');
  expect(await width()).toBe(360);
  const card = await row(page, 'aws-prod-use1').boundingBox();
  expect(card?.height).toBeGreaterThan(100);
  await row(page, 'aws-prod-use1').getByRole('link').tap();
  await page.locator('.cause').waitFor();
  expect(await width()).toBe(360);
});

it.each(['light', 'dark'] as const)(
  'has no serious accessibility finding in %s colours',
  async (colorScheme) => {
    const cluster = '/clusters/default/edge-platform/edge-store-042';
    for (const path of ['/clusters', cluster]) {
      const page = await open(path, { colorScheme, reducedMotion: 'reduce' });
      await page.locator('.live-mark.is-open').waitFor();
      expect(await seriousFindings(page)).toEqual([]);
      await page.context().close();
    }
  },
);
