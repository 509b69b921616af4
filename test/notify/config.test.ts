import { describe, expect, it } from 'vitest';
import { parseNotifyConfig } from '../../src/notify/config/notify-config.js';
import { DEFAULT_RULES } from '../../src/notify/rules/default-rules.js';

const SECRET = 'https://hooks.example/T0/very-secret';
const target = (it: unknown, more: object = {}) => ({ targets: { it }, ...more });
const slack = (more: object = {}) => target({ type: 'slack', url_env: 'HOOK', ...more });
const rules = (...given: readonly unknown[]) => slack({ rules: given });

describe('the block notify', () => {
  it('fills in what a person on call needs', () => {
    const parsed = parseNotifyConfig({
      page_url: 'https://kgit.example.com/',
      targets: {
        chat: { type: 'slack', url_env: 'HOOK' },
        all: {
          type: 'webhook',
          url_file: 'hook',
          secret_env: 'SECRET',
          rules: [{ on: 'event' }, { name: 'locks', on: ['lock_broken'], user: 'bot-*' }],
          timeout: '5s',
          burst: { messages: 3, window: '2m' },
          retry: { attempts: 5 },
        },
        pager: { type: 'exec', command: ['page', '--now'], burst: 'none' },
      },
    });
    expect(parsed).toEqual({
      config: {
        pageUrl: 'https://kgit.example.com',
        targets: [
          {
            name: 'chat',
            channel: { type: 'slack', url: { env: 'HOOK' } },
            rules: DEFAULT_RULES,
            timeoutMs: 10_000,
            burst: { messages: 10, windowMs: 60_000 },
            retry: { attempts: 60, giveUpMs: 14_400_000 },
          },
          {
            name: 'all',
            channel: { type: 'webhook', url: { file: 'hook' }, secret: { env: 'SECRET' } },
            rules: [
              { name: 'rule-1', on: ['event'] },
              { name: 'locks', on: ['lock_broken'], user: ['bot-*'] },
            ],
            timeoutMs: 5000,
            burst: { messages: 3, windowMs: 120_000 },
            retry: { attempts: 5, giveUpMs: 14_400_000 },
          },
          {
            name: 'pager',
            channel: { type: 'exec', command: ['page', '--now'] },
            rules: DEFAULT_RULES,
            timeoutMs: 10_000,
            burst: null,
            retry: { attempts: 60, giveUpMs: 14_400_000 },
          },
        ],
      },
    });
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no targets', {}, 'targets', /expected record/],
    ['a key that is none', slack({ uri: SECRET }), 'targets.it.uri', /there is no "uri" here/],
    ['an address in the file', slack({ url: SECRET }), 'targets.it.url', /name a variable or a file/],
    [
      'a secret in the file',
      target({ type: 'webhook', url_env: 'A', secret: SECRET }),
      'targets.it.secret',
      /name a variable/,
    ],
    ['no address', target({ type: 'teams' }), 'targets.it', /either url_env or url_file/],
    ['two addresses', slack({ url_file: 'x' }), 'targets.it', /either url_env or url_file/],
    [
      'an address for a variable',
      target({ type: 'slack', url_env: SECRET }),
      'targets.it.url_env',
      /not the name of an env/,
    ],
    ['a secret for a chat', slack({ secret_env: 'S' }), 'targets.it.secret_env', /there is no "secret_env"/],
    ['a type that is none', target({ type: 'pager' }), 'targets.it.type', /Expected 'slack' \| 'teams'/],
    [
      'a name that leads elsewhere',
      { targets: { '../x': { type: 'slack', url_env: 'A' } } },
      'targets.../x',
      /name is 1 to 63/,
    ],
    [
      'a command that is a line',
      target({ type: 'exec', command: 'page now' }),
      'targets.it.command',
      /expected array/,
    ],
    ['an empty command', target({ type: 'exec', command: [''] }), 'targets.it.command', /names no program/],
    ['a rule without on', rules({ outcome: 'failed' }), 'targets.it.rules.0.on', /./],
    [
      'an occasion that is none',
      rules({ on: ['event', 'failure'] }),
      'targets.it.rules.0.on.1',
      /one of "event"\|"lock_broken"/,
    ],
    [
      'a state that is none',
      rules({ on: 'transition', to: 'failed' }),
      'targets.it.rules.0.to',
      /one of "New"/,
    ],
    [
      'a selector that never applies',
      rules({ on: ['event', 'transition'], outcome: 'failed' }),
      'targets.it.rules.0.outcome',
      /never selects transition/,
    ],
    [
      'two rules of one name',
      rules({ name: 'a', on: 'event' }, { name: 'a', on: 'event' }),
      'targets.it.rules.1.name',
      /another rule/,
    ],
    [
      'a timeout of no time',
      slack({ timeout: '10ms' }),
      'targets.it.timeout',
      /not a duration from 1 s to 600 s/,
    ],
    [
      'a window that is no duration',
      slack({ burst: { messages: 1, window: 'often' } }),
      'targets.it.burst',
      /./,
    ],
    ['a page address with a query', { ...slack(), page_url: 'https://x/?a' }, 'page_url', /without a query/],
    [
      'a page that runs a script',
      { ...slack(), page_url: 'javascript:alert(1)' },
      'page_url',
      /http or https/,
    ],
  ])('refuses %s, and repeats no value', (_what, block, path, problem) => {
    const parsed = parseNotifyConfig(block);
    if (!('faults' in parsed)) throw new Error('it was taken');
    const [fault] = parsed.faults;
    expect(fault?.path.join('.')).toMatch(new RegExp(`^${path.replace(/[.*+?]/g, '\\$&')}`));
    expect(fault?.problem).toMatch(problem);
    expect(JSON.stringify(parsed)).not.toContain('very-secret');
  });

  it('refuses more targets than it takes', () => {
    const targets = Object.fromEntries(
      Array.from({ length: 21 }, (_, n) => [`t${n}`, { type: 'slack', url_env: 'A' }]),
    );
    expect(parseNotifyConfig({ targets })).toMatchObject({ faults: [{ path: ['targets'] }] });
  });
});
