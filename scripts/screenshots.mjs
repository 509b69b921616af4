/**
 * Takes the pictures of the page for the README into `docs/images/`, from `kgit demo` and the built `kgit serve`.
 * usage: node scripts/screenshots.mjs (needs Debian's chromium and pngquant; texts are in the system's font)
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const images = join(root, 'docs/images');
/** A picture may have this many bytes: it is part of the package. */
const MOST_BYTES = 150 * 1024;

const desk = { viewport: { width: 1280, height: 760 } };
const phone = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const FLEET = { path: '/clusters', shows: ['.fleet-row'] };
const CLUSTER = { path: '/clusters/default/team-payments/aws-prod-use1', shows: ['.cause'] };
const DEPLOYMENT = { path: '/deployments/k0rdent-eu', shows: ['.step', '.origin', '.change'] };
const TIMELINE = { path: '/timeline', shows: ['.event-row', '.chart canvas'] };
const PICTURES = [
  { name: 'fleet-light', colorScheme: 'light', ...FLEET, ...desk },
  { name: 'fleet-dark', colorScheme: 'dark', ...FLEET, ...desk },
  { name: 'fleet-phone', colorScheme: 'dark', ...FLEET, ...phone },
  { name: 'cluster-light', colorScheme: 'light', ...CLUSTER, ...desk },
  { name: 'deployment-light', colorScheme: 'light', ...DEPLOYMENT, ...desk },
  { name: 'timeline-dark', colorScheme: 'dark', ...TIMELINE, ...desk },
];

/** Starts kgit and waits for the first text that fits. */
async function start(args, options, ready) {
  const child = spawn(process.execPath, [join(root, 'bin/run.js'), ...args], { stdio: 'pipe', ...options });
  let said = '';
  return new Promise((resolve, reject) => {
    const look = (text) => {
      said += text;
      const found = ready.exec(said);
      if (found) resolve({ child, found });
    };
    child.stdout.setEncoding('utf8').on('data', look);
    child.stderr.setEncoding('utf8').on('data', look);
    child.on('close', (code) => reject(new Error(`kgit ${args[0]} ended with ${code}: ${said}`)));
  });
}

async function end({ child }) {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

const folder = mkdtempSync(join(tmpdir(), 'kgit-screenshots-'));
const demo = await start(['demo', join(folder, 'demo')], {}, /Ctrl-C ends/);
const server = await start(
  ['serve', '--listen', '127.0.0.1:0'],
  { cwd: join(folder, 'demo/state'), env: { ...process.env, KUBECONFIG: join(folder, 'demo/kubeconfig') } },
  /http:\/\/[\d.]+:\d+/,
);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
});
try {
  mkdirSync(images, { recursive: true });
  for (const { name, path, shows, ...options } of PICTURES) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(server.found[0] + path);
    await page.locator('.live-mark.is-open').waitFor();
    for (const selector of shows) await page.locator(selector).first().waitFor();
    const file = join(images, `${name}.png`);
    await page.screenshot({ path: file });
    await context.close();
    execFileSync('pngquant', ['--force', '--strip', '--output', file, '64', file]);
    const { size } = statSync(file);
    process.stdout.write(`${file}: ${size} bytes\n`);
    if (size > MOST_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MOST_BYTES}`);
  }
} finally {
  await browser.close();
  await end(server);
  await end(demo);
  rmSync(folder, { recursive: true, force: true });
}
