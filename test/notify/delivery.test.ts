import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { News } from '../../src/news/news-item.js';
import type { NewsLog } from '../../src/news/news-log.js';
import { type NotifyConfig, parseNotifyConfig } from '../../src/notify/config/notify-config.js';
import { type Notifier, type NotifierParts, startNotifier } from '../../src/notify/notifier.js';
import type { TargetStatus } from '../../src/notify/notifier-status.js';
import { temporaryFolder } from '../support/git-fixtures.js';
import { MemoryNewsLog } from '../support/notify/memory-news-log.js';
import { changeNews, eventDocument, transitionNews } from '../support/notify/news.js';
import { cuts, hangs, inTurn, type Receiver, says, startReceiver } from '../support/notify/receiver.js';
import { until } from '../support/patience.js';
import { serverCertificate } from '../support/transport/certificates.js';

function configOf(targets: Readonly<Record<string, unknown>>): NotifyConfig {
  const parsed = parseNotifyConfig({ targets });
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  return parsed.config;
}

const EVERYTHING = [{ name: 'all', on: ['event', 'transition'] }];
const webhook = (more: object = {}) => ({ type: 'webhook', url_env: 'HOOK', rules: EVERYTHING, ...more });

/** A clock that jumps over every wait and notes it. */
function jumpingClock() {
  const waits: number[] = [];
  let time = 1_764_000_000_000;
  return {
    waits,
    clock: { now: () => time, random: () => 0 },
    sleep: async (ms: number, signal: AbortSignal) => {
      if (signal.aborted) return;
      waits.push(ms);
      time += ms;
      await new Promise((wake) => setImmediate(wake));
    },
  };
}

interface Started {
  readonly notifier: Notifier;
  readonly faults: unknown[];
  /** The only target. */
  status(): TargetStatus;
  stop(): Promise<void>;
}

function start(
  config: NotifyConfig,
  log: NewsLog,
  folder: string,
  hook: string,
  parts: Partial<NotifierParts> = {},
): Started {
  const faults: unknown[] = [];
  const notifier = startNotifier({
    config,
    log,
    folder,
    clock: { now: Date.now, random: Math.random },
    environment: { ...process.env, HOOK: hook },
    cwd: folder,
    onFault: (error) => faults.push(error),
    ...parts,
  });
  const stop = () => notifier.stop();
  onTestFinished(stop);
  const status = () => {
    const [first] = notifier.status();
    if (first === undefined) throw new Error('no target');
    return first;
  };
  return { notifier, faults, status, stop };
}

/** Starts a target on news, and waits until it has its place. */
async function begun(config: NotifyConfig, hook: string, parts: Partial<NotifierParts> = {}) {
  const log = new MemoryNewsLog();
  const folder = temporaryFolder();
  const started = start(config, log, folder, hook, parts);
  await until(() => existsSync(join(folder, 'notify/it.json')));
  return { log, folder, ...started };
}

interface GotEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly data: {
    readonly event?: { readonly id: string };
    readonly messages?: readonly { readonly id: string }[];
  };
}
const eventsAt = ({ received }: Receiver): GotEvent[] =>
  received.map(({ body }): GotEvent => JSON.parse(body));

const failures = (count: number): News[] =>
  Array.from({ length: count }, (_, n) => changeNews(eventDocument({ subject: `deployment/d${n}` })));

describe('a target', () => {
  it('gets the news that come after it was set up, in their order, each once', async () => {
    const receiver = await startReceiver();
    const log = new MemoryNewsLog();
    await log.append(failures(3));
    const folder = temporaryFolder();
    const { status, faults } = start(configOf({ it: webhook() }), log, folder, receiver.url);
    await until(() => existsSync(join(folder, 'notify/it.json')));
    await log.append([
      ...failures(2),
      changeNews(eventDocument(), eventDocument()),
      transitionNews('Ready', 'Failed'),
    ]);
    await until(() => status().delivered === 5);
    const ids = eventsAt(receiver).map(({ id }) => id);
    expect(ids.map((id) => id.split('/')[0])).toEqual([
      'journal-4',
      'journal-5',
      'journal-6',
      'journal-6',
      'journal-7',
    ]);
    expect(new Set(ids).size).toBe(5);
    expect(status()).toMatchObject({ dead: 0, retries: 0, gaps: 0, waiting: 0, problem: null });
    expect(faults).toEqual([]);
  });

  it('goes on where it was when the server starts again, also within a change', async () => {
    const receiver = await startReceiver(inTurn(says(200), says(200), hangs));
    const { log, folder, status, stop } = await begun(configOf({ it: webhook() }), receiver.url);
    await log.append([changeNews(eventDocument(), eventDocument(), eventDocument()), ...failures(1)]);
    await until(() => receiver.received.length === 3);
    expect(status()).toMatchObject({ delivered: 2, state: 'sending' });
    await stop();
    receiver.answer = says(200);
    const again = start(configOf({ it: webhook() }), log, folder, receiver.url);
    await until(() => again.status().delivered === 4);
    const ids = eventsAt(receiver).map(({ id }) => id);
    expect(ids).toHaveLength(5);
    // What was under way is sent again, under the same id.
    expect(ids[3]).toBe(ids[2]);
    expect(new Set(ids).size).toBe(4);
  });

  it('signs what it sends, anew at every try', async () => {
    const receiver = await startReceiver(inTurn(says(503, { 'retry-after': '30' }), says(200)));
    const { clock, sleep } = jumpingClock();
    const secret = `whsec_${Buffer.from('0123456789abcdef').toString('base64')}`;
    const { log, status } = await begun(configOf({ it: webhook({ secret_env: 'SECRET' }) }), receiver.url, {
      ...{ clock, sleep },
      environment: { HOOK: receiver.url, SECRET: secret },
    });
    await log.append(failures(1));
    await until(() => status().delivered === 1);
    const times = receiver.received.map(({ headers, body }) => {
      expect(headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
      const [id, time, signature] = ['id', 'timestamp', 'signature'].map(
        (name) => headers[`webhook-${name}`],
      );
      expect(id).toBe(JSON.parse(body).id);
      const made = createHmac('sha256', '0123456789abcdef').update(`${id}.${time}.${body}`).digest('base64');
      expect(signature).toBe(`v1,${made}`);
      return time;
    });
    expect(times).toEqual(['1764000000', '1764000030']);
  });
});

describe('a receiver that fails', () => {
  it.each<[string, Receiver['answer'], RegExp]>([
    ['answers 500', says(500, {}, 'oops'), /it answered 500: oops/],
    ['answers 408', says(408), /it answered 408/],
    ['cuts the connection', cuts, /the connection was cut/],
    ['hangs', hangs, /it did not answer within 1 s/],
  ])('%s: it is asked again, later and later, and what follows waits', async (_what, bad, reason) => {
    const receiver = await startReceiver(inTurn(bad, bad, bad, says(204)));
    const { waits, ...time } = jumpingClock();
    const { log, status } = await begun(configOf({ it: webhook({ timeout: '1s' }) }), receiver.url, time);
    const seen: (string | undefined)[] = [];
    await log.append(failures(2));
    await until(() => {
      seen.push(status().lastFailure?.reason);
      return status().delivered === 2;
    });
    const ids = eventsAt(receiver).map(({ id }) => id);
    expect(ids).toHaveLength(5);
    expect(new Set(ids.slice(0, 4)).size).toBe(1);
    expect(status()).toMatchObject({ retries: 3, dead: 0, nextTry: null });
    expect(status().lastFailure?.reason).toMatch(reason);
    // Half of each wait is chance, which is 0 here; idle waits of 10 s stand among them.
    expect(waits.filter((ms) => ms < 10_000)).toEqual([500, 1000, 2000]);
  });

  it.each([301, 302, 307, 308])('redirects with %i: nothing goes to the other host', async (status) => {
    const other = await startReceiver();
    const location = other.url.replace('127.0.0.1', 'localhost');
    const receiver = await startReceiver(says(status, { location }));
    const { clock, sleep } = jumpingClock();
    const config = configOf({ it: webhook({ secret_env: 'SECRET', retry: { attempts: 2 } }) });
    const { log, status: now } = await begun(config, receiver.url, {
      ...{ clock, sleep },
      environment: { HOOK: receiver.url, SECRET: 'signs' },
    });
    await log.append(failures(1));
    await until(() => now().dead === 1);
    expect(now().lastFailure?.reason).toMatch(/a redirect, which is not followed/);
    expect(receiver.received).toHaveLength(2);
    expect(other.received).toEqual([]);
  });

  it('shows a certificate that nobody vouches for: it gets nothing, whatever the environment says', async () => {
    const { cert, key } = serverCertificate();
    const got: string[] = [];
    const server = createServer({ cert, key }, (request, response) => {
      got.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    const { clock, sleep } = jumpingClock();
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const config = configOf({ it: webhook({ retry: { attempts: 2 } }) });
    const { log, status } = await begun(config, `https://127.0.0.1:${port}/x`, { clock, sleep });
    await log.append(failures(1));
    await until(() => status().dead === 1);
    expect(status().lastFailure?.reason).toMatch(/certificate|UNABLE_TO/i);
    expect(got).toEqual([]);
  });

  it('would hear a chat message without TLS: only this machine may', async () => {
    const { clock, sleep } = jumpingClock();
    const chat = { type: 'slack', url_env: 'HOOK', rules: EVERYTHING, retry: { attempts: 1 } };
    const { log, status } = await begun(configOf({ it: chat }), 'http://hooks.example/secret', {
      clock,
      sleep,
    });
    await log.append(failures(1));
    await until(() => status().dead === 1);
    expect(status().lastDead[0]?.reason).toContain('use https');
  });

  it('answers 429: what it asks for is kept to, in seconds and as a date, within bounds', async () => {
    const { waits, ...time } = jumpingClock();
    const late = new Date(time.clock.now() + 90_000).toUTCString();
    const receiver = await startReceiver(
      inTurn(
        says(429, { 'retry-after': '7' }),
        says(503, { 'retry-after': late }),
        says(429, { 'retry-after': '999999' }),
        says(429, { 'retry-after': 'soon' }),
        says(200),
      ),
    );
    const { log, status } = await begun(configOf({ it: webhook() }), receiver.url, time);
    await log.append(failures(1));
    await until(() => status().delivered === 1);
    const [first, second, third, fourth] = waits.filter((ms) => ms !== 10_000);
    expect([first, third, fourth]).toEqual([7000, 900_000, 4000]);
    expect(second).toBeGreaterThan(60_000);
    expect(second).toBeLessThanOrEqual(90_000);
  });

  it('answers 404: the message is dead at once, and the next one goes on', async () => {
    const receiver = await startReceiver(inTurn(says(404, {}, 'no_service'), says(200)));
    const { log, folder, status } = await begun(configOf({ it: webhook() }), receiver.url);
    await log.append(failures(2));
    await until(() => status().delivered === 1);
    expect(status()).toMatchObject({ dead: 1, retries: 0 });
    const [dead] = status().lastDead;
    expect(dead).toMatchObject({ attempts: 1, reason: 'it answered 404: no_service' });
    expect(dead?.title).toContain('deployment d0');
    expect(JSON.parse(readFileSync(join(folder, 'notify/it.json'), 'utf8'))).toMatchObject({ dead: 1 });
  });

  it.each([
    ['tries', { attempts: 3 }, 3],
    ['hours', { give_up_after: '1h' }, 0],
  ])('for too many %s: the message is dead, and the next one has its own', async (_what, retry, tries) => {
    const receiver = await startReceiver(says(502));
    const { waits: _, ...time } = jumpingClock();
    const { log, status } = await begun(configOf({ it: webhook({ retry }) }), receiver.url, time);
    await log.append(failures(2));
    await until(() => status().dead === 2);
    const [first, second] = status().lastDead;
    expect(first?.reason).toBe('given up: it answered 502');
    expect(first?.attempts).toBe(second?.attempts);
    if (tries > 0) expect(first?.attempts).toBe(tries);
    else expect(first?.attempts).toBeGreaterThan(10);
  });

  it('repeats no secret: not in a status, not in a file', async () => {
    const receiver = await startReceiver((response, { path }) =>
      response.writeHead(400).end(`no such hook ${path}, nor ${path.split('/').at(-1)}`),
    );
    const { log, folder, status } = await begun(configOf({ it: webhook() }), receiver.url);
    await log.append(failures(1));
    await until(() => status().dead === 1);
    const all = JSON.stringify(status()) + readFileSync(join(folder, 'notify/it.json'), 'utf8');
    expect(all).toContain('no such hook');
    expect(all).not.toContain('secret-part');
  });

  it.each([
    ['pass%20w', 'pass w'],
    ['abc', 'abc'],
  ])('does not repeat the password of an address: %s', async (written, password) => {
    const receiver = await startReceiver((response, { headers }) => {
      const { authorization = '' } = headers;
      const sent = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString('utf8');
      response.writeHead(400).end(`refused: ${authorization} is <${sent}>, not <${written}>`);
    });
    const address = new URL(receiver.url);
    address.username = 'kgit-user';
    address.password = written;
    const { log, status } = await begun(configOf({ it: webhook() }), address.href);
    await log.append(failures(1));
    await until(() => status().dead === 1);
    expect(JSON.stringify(status())).toContain('refused: Basic *** is <***:***>, not <***>');
    expect(JSON.stringify(status())).not.toContain(password);
  });

  it('is not asked if the password of its address cannot be decoded', async () => {
    const config = configOf({ it: webhook({ retry: { attempts: 1 } }) });
    const { log, status } = await begun(config, 'https://kgit:%zz@hooks.example/');
    await log.append(failures(1));
    await until(() => status().dead === 1);
    expect(status().lastDead[0]?.reason).toContain('its user or password has a % that encodes nothing');
  });

  it('floods us with its answer: it counts by its status', async () => {
    const receiver = await startReceiver((response) => {
      response.writeHead(200);
      const flood = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.on('close', () => clearInterval(flood));
    });
    const { log, status } = await begun(configOf({ it: webhook() }), receiver.url);
    await log.append(failures(1));
    await until(() => status().delivered === 1);
    expect(status().retries).toBe(0);
  });
});

describe('a burst', () => {
  const CHAT = { type: 'slack', url_env: 'HOOK', rules: EVERYTHING, burst: { messages: 3, window: '60s' } };

  it('becomes one digest, and what comes in the same window another', async () => {
    const receiver = await startReceiver();
    const { waits, ...time } = jumpingClock();
    const { log, status } = await begun(configOf({ it: CHAT }), receiver.url, time);
    await log.append([changeNews(...Array.from({ length: 50 }, () => eventDocument()))]);
    await until(() => status().delivered === 50);
    expect(receiver.received).toHaveLength(1);
    expect(status()).toMatchObject({ digests: 1, dead: 0 });
    expect(receiver.received[0]?.body).toContain('50 messages: 50 bad, 0 warnings');
    expect(receiver.received[0]?.body).toContain('and 30 more');
    const before = waits.length;
    await log.append(failures(2));
    await until(() => status().delivered === 52);
    expect(receiver.received).toHaveLength(3);
    expect(waits.slice(before).some((ms) => ms > 1000)).toBe(true);
  });

  it('is the same digest after a restart, though more news came', async () => {
    const receiver = await startReceiver(says(500));
    const config = configOf({ it: { ...webhook(), burst: { messages: 3, window: '60s' } } });
    const { log, folder, status, stop } = await begun(config, receiver.url);
    await log.append([changeNews(...Array.from({ length: 5 }, () => eventDocument()))]);
    await until(() => status().attempts > 0);
    await stop();
    await log.append(failures(4));
    receiver.answer = says(200);
    const again = start(config, log, folder, receiver.url);
    await until(() => again.status().delivered >= 5);
    const digests = eventsAt(receiver).filter(({ type }) => type === 'kgit.digest.v1');
    const ids = new Set(digests.slice(0, receiver.received.length).map(({ id }) => id));
    expect(ids.size).toBe(1);
    expect(digests.at(-1)?.data.messages).toHaveLength(5);
  });
});

describe('the place of a target', () => {
  it('that is damaged is set aside, and what the journal has is sent', async () => {
    const receiver = await startReceiver();
    const log = new MemoryNewsLog();
    await log.append(failures(2));
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'notify'));
    writeFileSync(join(folder, 'notify/it.json'), '{"version": 1, "after"');
    const { status } = start(configOf({ it: webhook() }), log, folder, receiver.url);
    await until(() => status().delivered === 2);
    expect(status().gaps).toBe(1);
  });

  it('whose journal is another one, or shorter now, begins anew and says so', async () => {
    const receiver = await startReceiver();
    const { folder, status, stop, log } = await begun(configOf({ it: webhook() }), receiver.url);
    await log.append(failures(1));
    await until(() => status().delivered === 1);
    await stop();
    const other = new MemoryNewsLog('other');
    await other.append(failures(2));
    const again = start(configOf({ it: webhook() }), other, folder, receiver.url);
    await until(() => again.status().delivered === 3);
    expect(again.status().gaps).toBe(1);
    await again.stop();
    await other.append(failures(5));
    other.shorten(2);
    const last = start(configOf({ it: webhook() }), other, folder, receiver.url);
    await until(() => last.status().delivered === 5);
    expect(last.status().gaps).toBe(2);
  });

  it('that cannot be written holds nothing up, and is said', async () => {
    const receiver = await startReceiver();
    const { folder, status, log } = await begun(configOf({ it: webhook() }), receiver.url);
    rmSync(join(folder, 'notify'), { recursive: true });
    writeFileSync(join(folder, 'notify'), 'a file in its place');
    await log.append(failures(2));
    await until(() => status().delivered === 2);
    expect(status().problem).toMatch(/cannot write/);
    rmSync(join(folder, 'notify'));
    await log.append(failures(1));
    await until(() => status().problem === null);
    expect(existsSync(join(folder, 'notify/it.json'))).toBe(true);
  });

  it('follows news that no rule selects', async () => {
    const receiver = await startReceiver();
    const { clock, sleep } = jumpingClock();
    const config = configOf({ it: webhook({ rules: [{ on: 'outbox_stuck' }] }) });
    const { folder, log } = await begun(config, receiver.url, { clock, sleep });
    await log.append(failures(5));
    const kept = () => JSON.parse(readFileSync(join(folder, 'notify/it.json'), 'utf8'));
    await until(() => kept().after === 'journal-5');
    expect(receiver.received).toEqual([]);
  });
});

describe('a journal that fails', () => {
  it('is followed again, and nothing is lost', async () => {
    const receiver = await startReceiver();
    const { clock, sleep } = jumpingClock();
    const log = new MemoryNewsLog();
    let asked = 0;
    const broken: NewsLog = {
      get last() {
        return log.last;
      },
      append: (news) => log.append(news),
      follow: (after, signal) => {
        asked += 1;
        if (asked > 2) return log.follow(after, signal);
        return (async function* () {
          yield* [];
          throw new Error('the disk has gone');
        })();
      },
    };
    const folder = temporaryFolder();
    const { status } = start(configOf({ it: webhook() }), broken, folder, receiver.url, { clock, sleep });
    await until(() => existsSync(join(folder, 'notify/it.json')));
    await log.append(failures(3));
    await until(() => status().delivered === 3);
    expect(asked).toBe(3);
  });

  it('has news that are none: they are dead, and the next ones go on', async () => {
    const receiver = await startReceiver();
    const { log, status, faults } = await begun(configOf({ it: webhook() }), receiver.url);
    const none = JSON.parse('{"kind": "change", "document": {"events": [{"id": "x"}]}}');
    await log.append([none, ...failures(1)]);
    await until(() => status().delivered === 1);
    expect(status()).toMatchObject({ dead: 1 });
    expect(faults).toHaveLength(1);
  });
});

describe('a command', () => {
  const command = (script: string, more: object = {}) =>
    configOf({ it: { type: 'exec', command: ['/bin/sh', '-c', script], rules: EVERYTHING, ...more } });

  it('gets the event on its standard input, without the secrets in the environment', async () => {
    const out = join(temporaryFolder(), 'out');
    const config = command(`cat > ${out}; echo "$HOOK|$KGIT_TOKEN|$PLAIN" >> ${out}`);
    const withHook = { ...config, targets: [...config.targets, ...configOf({ other: webhook() }).targets] };
    const { log, status } = await begun(withHook, '', {
      environment: { ...process.env, HOOK: 'http://127.0.0.1:9/x', KGIT_TOKEN: 'token', PLAIN: 'plain' },
    });
    await log.append(failures(1));
    await until(() => status().delivered === 1);
    const said = readFileSync(out, 'utf8');
    expect(said).toContain('"specversion":"1.0"');
    expect(said).toContain('||plain');
  });

  it('that fails is run again, with what it said as the reason', async () => {
    const mark = join(temporaryFolder(), 'mark');
    const { clock, sleep } = jumpingClock();
    const { log, status } = await begun(
      command(`test -e ${mark} || { : > ${mark}; echo no pager >&2; exit 3; }`),
      '',
      {
        ...{ clock, sleep },
      },
    );
    await log.append(failures(1));
    await until(() => status().delivered === 1);
    expect(status().lastFailure?.reason).toBe('it exited with 3: no pager');
    expect(status().retries).toBe(1);
  });

  it('that hangs is ended with all that it started', async () => {
    const pid = join(temporaryFolder(), 'pid');
    const { clock, sleep } = jumpingClock();
    const config = command(`sleep 600 & echo $! > ${pid}; wait`, { timeout: '1s', retry: { attempts: 1 } });
    const { log, status } = await begun(config, '', { clock, sleep });
    await log.append(failures(1));
    await until(() => status().dead === 1);
    expect(status().lastDead[0]?.reason).toBe('given up: it did not end within 1 s');
    await until(() => !existsSync(`/proc/${readFileSync(pid, 'utf8').trim()}`));
  });

  it('that does not exist is a failure like others', async () => {
    const config = configOf({
      it: { type: 'exec', command: ['/no/such/program'], rules: EVERYTHING, retry: { attempts: 1 } },
    });
    const { log, status } = await begun(config, '');
    await log.append(failures(1));
    await until(() => status().dead === 1);
    expect(status().lastDead[0]?.reason).toBe('given up: the program does not exist');
  });
});
