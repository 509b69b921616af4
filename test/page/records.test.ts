// biome-ignore-all lint/performance/useDomNodeTextContent: what is rendered is what is tested
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { kgitJson } from '../support/kgit.js';
import { PATIENCE_MS, until } from '../support/patience.js';
import { RECIPIENT } from '../support/sops/shared-writing.js';
import { HAS_SOPS, sopsEnvironment } from '../support/sops/team-keys.js';
import { openPage, seriousFindings, startBrowser, type WatchedPage } from './browser.js';
import { type ServedDemo, serveDemo } from './served-demo.js';

const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>';
const SECRET = 'c0rrect-horse-battery-9';
const VIEWS = ['/deployments', '/deployments/k0rdent-eu', '/timeline', '/timeline?list=runs', '/locks'];

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

/** Opens a view, and waits until all that it asked for is there. */
async function open(path: string, options: Parameters<typeof openPage>[1] = {}): Promise<Page> {
  opened = await openPage(browser, options);
  const { page } = opened;
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(served.url + path);
  await settled(page);
  return page;
}

async function settled(page: Page): Promise<void> {
  await page.locator('.live-mark.is-open').waitFor();
  await page.locator('.table, .panel, .note').first().waitFor();
  await until(async () => (await page.locator('[aria-busy="true"]').count()) === 0);
}

/** kgit in a clone of its own, whose writes are published. */
const kgit = (...args: string[]) => kgitJson(served.demo.place.state, args);

/** The revision that the state is at. */
const revision = async (): Promise<string> => (await kgit('list')).repository.revision;

const step = (page: Page, name: string) => page.locator('.step', { hasText: name });
const leaf = (page: Page, name: string) => page.locator('.tree-leaf', { hasText: name });
const rows = (page: Page) => page.locator('.event-row');
const panel = (page: Page, name: string) =>
  page.locator('.panel', { has: page.getByRole('heading', { name, exact: true }) });

it('shows deployments, and of one the phases with durations and who did what', async () => {
  const page = await open('/deployments');
  await page.getByRole('link', { name: 'k0rdent-eu' }).click();
  await page.getByRole('heading', { name: 'k0rdent-eu' }).waitFor();
  await step(page, 'create vms').getByText('completed in 5m 40s').waitFor();
  expect(await step(page, 'setup vpn').innerText()).toMatch(
    /skipped\s+ada, \d+d ago\s+the networks are peered/,
  );
  expect(await step(page, 'install kof regional').innerText()).toMatch(/in progress for .*\s+chi/);
  await step(page, 'create vms').getByRole('button').click();
  expect(await page.locator('.move').allInnerTexts()).toEqual([
    expect.stringMatching(/completed\s+by ada/),
    expect.stringMatching(/in progress\s+by ada/),
  ]);
  expect(opened?.complaints).toEqual([]);
});

it('tells of each value who set it, when and why, and finds it by a text in the address', async () => {
  const page = await open('/deployments/k0rdent-eu?q=KOF.VERSION');
  expect(await page.locator('.tree-leaf').count()).toBe(1);
  await leaf(page, 'version').getByRole('button').click();
  await page.locator('.value-history .change').first().waitFor();
  expect(await page.locator('.value-history .change').allInnerTexts()).toEqual([
    expect.stringMatching(/1\.5\.0\s*→\s*1\.6\.1\s+ben, .*state changed\s+fixes the collectors/),
    expect.stringMatching(/not set\s*→\s*1\.5\.0\s+chi, .*state changed\s+rollout of KOF/),
  ]);
  await page.getByRole('searchbox').fill('no such value');
  await page.getByText('No value has this text').waitFor();
  expect(new URL(page.url()).searchParams.get('q')).toBe('no such value');
});

it('shows a change of the state as it happens, compares it, and never shows a secret', async () => {
  const from = await revision();
  const page = await open(`/deployments/k0rdent-eu?from=${from}`);
  await page.getByText('The state is the same at both times.').waitFor();
  const values = ['config.worker_count=9', `config.admin_password=${SECRET}`, `config.note=${MARKUP}`];
  await kgit('set', ...values, '--reason', MARKUP, '--allow-secret', 'a test of the page');
  await leaf(page, 'worker_count').getByText('9', { exact: true }).waitFor();
  await leaf(page, 'admin_password').locator('.secret').waitFor();
  const change = panel(page, 'Changes').locator('.change', { hasText: 'config.worker_count' });
  expect(await change.innerText()).toMatch(/5\s*→\s*9/);
  expect(await change.innerText()).toContain(MARKUP);
  expect(await leaf(page, 'note').innerText()).toContain(MARKUP);
  expect(await page.content()).not.toContain(SECRET);
  expect(await page.locator('main img, main script').count()).toBe(0);
  await page.getByRole('button', { name: 'Last change' }).click();
  await page.waitForURL('**/deployments/k0rdent-eu');
  await page.getByLabel('From').fill('2026-01-02T03:04');
  await page.waitForURL(/from=2026-01-0\dT\d\d:04:00Z$/);
  await page.getByRole('alert').getByText('nothing was published yet').waitFor();
});

it.runIf(HAS_SOPS)('shows that a secret of the team was set, and by whom, without a value', async () => {
  await kgit('secrets', 'recipients', 'add', RECIPIENT);
  const page = await open(`/deployments/k0rdent-eu?from=${await revision()}`);
  const set = ['set', '--secret', 'config.api_secret=-', '--user', 'chi'];
  await kgitJson(served.demo.place.state, set, { env: sopsEnvironment(), input: SECRET });
  await leaf(page, 'api_secret').locator('.secret').waitFor();
  const change = panel(page, 'Changes').locator('.change', { hasText: 'config.api_secret' });
  await change.getByText('chi').waitFor();
  expect(await change.innerText()).toMatch(/secret\s+set\s+chi/);
  expect(await page.content()).not.toContain(SECRET);
});

it('shows events as they happen, and hostile texts as text', async () => {
  const page = await open('/timeline');
  const event = ['cluster_noted', '--cluster', 'default/edge-platform/gcp-lab-use4', '--user', MARKUP];
  await kgit('push-event', ...event, '--message', `${MARKUP} \u202ereversed`);
  await rows(page).first().getByText('cluster noted').waitFor();
  expect(await rows(page).first().innerText()).toContain(`${MARKUP} \ufffdreversed`);
  expect(await page.locator('main img, main script').count()).toBe(0);
  expect(await page.title()).toBe('Timeline · kgit');
  expect(opened?.complaints).toEqual([]);
});

it('filters events by the address: text, subject, action, outcome, user, time', async () => {
  const page = await open('/timeline?user=chi&outcome=succeeded');
  const shown = async () => {
    await settled(page);
    return (await rows(page).locator('.cell-action .one-line').allInnerTexts()).join(', ');
  };
  expect(await shown()).toBe('cluster created, phase completed, cluster upgraded');
  await page.getByLabel('Action').fill('phase_completed');
  await page.waitForURL('**/timeline?user=chi&outcome=succeeded&action=phase_completed');
  await rows(page).nth(1).waitFor({ state: 'detached' });
  expect(await shown()).toBe('phase completed');
  await page.goto(`${served.url}/timeline?q=FIXES%20THE&subject=deployment/k0rdent-eu`);
  expect(await shown()).toBe('state changed');
  await page.goto(`${served.url}/timeline?since=2h&q=LAB%20IS&action=cluster_deleted`);
  expect(await shown()).toBe('cluster deleted');
  await page.goto(`${served.url}/timeline?until=2000-01-01`);
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await rows(page).first().waitFor();
  await page.goto(`${served.url}/timeline?since=no%20time`);
  await page.locator('.note').waitFor();
  expect(await page.locator('.note').innerText()).toMatch(/no time/);
});

it('draws the activity by day, tells it to screen readers too, and leads to the events of a day', async () => {
  const page = await open('/timeline');
  await page.locator('.chart canvas').waitFor();
  const today = page.locator('.sr-only table tbody tr').last();
  expect(await today.innerText()).toMatch(/^\d{4}-\d\d-\d\d(\s+\d+){4}$/);
  const box = await page.locator('.chart .u-over').boundingBox();
  if (!box) throw new Error('the chart has no place');
  await page.mouse.click(box.x + box.width - 4, box.y + box.height - 10);
  const day = (await today.locator('th').innerText()).trim();
  await page.waitForURL((url) => url.searchParams.get('since') === `${day}T00:00:00Z`);
});

it('pages back to the first event, and renders only what the screen shows', async () => {
  const many = Array.from({ length: 250 }, (_, index) =>
    JSON.stringify({ action: 'load_measured', subject: 'deployment/k0rdent-eu', message: `sample ${index}` }),
  );
  await kgitJson(served.demo.place.state, ['push-event', '--stdin'], { input: many.join('\n') });
  const page = await open('/timeline?action=load_measured');
  await rows(page).first().waitFor();
  const total = async () => Number(await page.locator('.table').getAttribute('aria-rowcount')) - 1;
  for (let seen = 0; seen < 250; seen = await total()) {
    await page.keyboard.press('End');
    await until(
      async () => (await total()) > seen,
      () => `${seen}`,
    );
  }
  expect(await total()).toBe(250);
  expect(await rows(page).count()).toBeLessThan(80);
  await page.keyboard.press('End');
  await page.getByText('sample 0', { exact: true }).waitFor();
});

it('groups runs: those that ended with their duration, those that run with the time so far', async () => {
  const subject = 'cluster/default/kcm-system/azure-prod-weu';
  const at = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  const event = (run_id: string, outcome: string, seconds: number) =>
    JSON.stringify({ action: 'cluster_upgraded', subject, run_id, outcome, timestamp: at(seconds) });
  const input = [event('r-1', 'started', 600), event('r-1', 'failed', 480), event('r-2', 'started', 90)];
  await kgitJson(served.demo.place.state, ['push-event', '--stdin'], { input: input.join('\n') });
  const page = await open('/timeline?list=runs');
  const run = (id: string) => rows(page).filter({ hasText: id });
  expect(await run('r-1').innerText()).toMatch(/failed.*2m 0s/s);
  const running = run('r-2').locator('.cell-duration time');
  const before = await running.innerText();
  expect(before).toMatch(/^\dm \d+s$/);
  await until(async () => (await running.innerText()) !== before);
  await run('r-1').getByRole('link', { name: 'r-1' }).click();
  await page.waitForURL('**/timeline?run=r-1');
  await until(async () => (await rows(page).count()) === 2);
  expect(await rows(page).locator('.badge').allInnerTexts()).toEqual(['failed', 'started']);
});

it('shows who holds locks with the time left, proposals, and what waits', async () => {
  await kgit('lock', 'network', '--ttl', '10m', '--reason', MARKUP, '--user', 'ada');
  await kgit('set', 'kof.version=9.9.9', '--propose', '--user', 'ben');
  const page = await open('/locks');
  const lock = panel(page, 'Locks').locator('.waiting');
  await lock.waitFor();
  expect(await lock.innerText()).toContain(MARKUP);
  const left = lock.getByText(/^\d+m \d+s$/);
  const before = await left.innerText();
  await until(async () => (await left.innerText()) !== before);
  await panel(page, 'Proposals').getByText('kgit/propose/ben/k0rdent-eu').waitFor();
  await panel(page, 'Outbox').getByText('Nothing waits').waitFor();
  await kgit('unlock', 'network', '--user', 'ada');
  await page.getByText('Nobody holds a lock.').waitFor();
  expect(await page.locator('main img, main script').count()).toBe(0);
});

it('is used with keys alone', async () => {
  const page = await open('/deployments');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/deployments/k0rdent-eu');
  await settled(page);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  expect(await page.locator(':focus').innerText()).toBe('prepare deployment');
  await page.keyboard.press('Enter');
  await page.locator('.moves').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('kof');
  await page.waitForURL('**/deployments/k0rdent-eu?q=kof');
  await page.goto(`${served.url}/timeline?q=collectors`);
  await rows(page).first().waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/deployments/k0rdent-eu');
});

it('has room on a phone, and no serious accessibility finding there', async () => {
  const page = await open('/deployments', {
    ...{ viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce' },
  });
  for (const path of VIEWS) {
    await page.goto(served.url + path);
    await settled(page);
    expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBe(360);
  }
  await page.goto(`${served.url}/timeline`);
  expect(await page.getByLabel('Until').isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Filters' }).tap();
  await page.getByLabel('Until').waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  expect(await seriousFindings(page)).toEqual([]);
});

it.each(['light', 'dark'] as const)(
  'has no serious accessibility finding in %s colours with all of it unfolded',
  async (colorScheme) => {
    const page = await open('/deployments/k0rdent-eu?q=kof&from=1s', {
      colorScheme,
      reducedMotion: 'reduce',
    });
    await step(page, 'create vms').getByRole('button').click();
    await leaf(page, 'version').getByRole('button').first().click();
    await page.locator('.value-history .change').first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    for (const path of ['/deployments', '/timeline', '/timeline?list=runs', '/timeline?run=none', '/locks']) {
      await page.goto(served.url + path);
      await settled(page);
      expect(await seriousFindings(page), path).toEqual([]);
    }
  },
);

it('says what cannot be had: an unknown deployment', async () => {
  const page = await open('/deployments/no-such');
  await page.getByRole('alert').first().waitFor();
  expect(await page.getByRole('alert').first().innerText()).toMatch(/no-such/);
});
