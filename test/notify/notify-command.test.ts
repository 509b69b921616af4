import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PlaceFile, placeBehind, withDead } from '../../src/notify/delivery/place.js';
import { git, temporaryFolder } from '../support/git-fixtures.js';
import { kgit, kgitJson } from '../support/kgit.js';
import { says, startReceiver } from '../support/notify/receiver.js';
import { stateRepository } from '../support/state-repository.js';

/** A file of settings with this block, and the options that have kgit use it. */
function settings(notify: string): string[] {
  const path = join(temporaryFolder(), 'settings.yaml');
  writeFileSync(path, `state_management:\n${notify.replace(/^/gm, '  ')}\n`);
  return ['--config', path];
}

const TARGETS = `notify:
  page_url: https://kgit.example.com
  targets:
    chat: {type: slack, url_env: CHAT_HOOK}
    pager: {type: exec, command: [page]}`;

describe('kgit notify', () => {
  it('lists targets, and what a server on this machine has kept of them', async () => {
    const path = stateRepository();
    const folder = join(git(path, 'rev-parse', '--absolute-git-dir').trim(), 'kgit');
    const at = Date.parse('2025-11-24T16:00:00Z');
    const dead = {
      id: 'j-3/failures',
      title: 'deployment d: failed',
      at,
      attempts: 4,
      reason: 'it answered 404',
    };
    const place = placeBehind('j-4');
    await new PlaceFile(folder, 'chat').write({
      ...place,
      delivered: 7,
      lastDelivery: at,
      ...withDead(place, [dead]),
    });
    const json = await kgitJson(path, ['notify', 'list', ...settings(TARGETS)]);
    expect(json.targets).toMatchObject([
      {
        name: 'chat',
        place: 'kept',
        after: 'j-4',
        delivered: 7,
        dead: 1,
        lastDelivery: '2025-11-24T16:00:00Z',
      },
      { name: 'pager', type: 'exec', place: 'new', delivered: 0 },
    ]);
    const { stdout } = await kgit(path, ['notify', ...settings(TARGETS)]);
    expect(stdout).toContain("chat: gave up 'deployment d: failed': it answered 404");
    expect(stdout).toMatch(/pager +exec +0 +0 +0 +no server has had it yet/);
  });

  it('sends one test message, and tells what the receiver answered', async () => {
    const receiver = await startReceiver();
    const path = temporaryFolder();
    const env = { CHAT_HOOK: receiver.url };
    const taken = await kgitJson(path, ['notify', 'test', 'chat', ...settings(TARGETS)], { env });
    expect(taken).toMatchObject({ target: 'chat', delivered: true, answer: 'it answered 200: ok' });
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.body).toContain('Test of kgit');
    receiver.answer = says(404, {}, 'no_service: secret-part');
    const refused = await kgit(path, ['notify', 'test', 'chat', ...settings(TARGETS)], { env });
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('it answered 404: no_service: ***');
    expect(refused.stdout + refused.stderr).not.toContain('secret-part');
    const unset = await kgit(path, ['notify', 'test', 'chat', ...settings(TARGETS)]);
    expect(unset.code).toBe(3);
    expect(unset.stdout).toContain('the variable CHAT_HOOK is not set');
  });

  it('names file, line and key of everything that is wrong', async () => {
    const block = TARGETS.replace('url_env: CHAT_HOOK', 'url: "https://hooks.example/very-secret"');
    const { code, stderr } = await kgit(temporaryFolder(), ['notify', 'test', 'chat', ...settings(block)]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /settings\.yaml:5: notify\.targets\.chat\.url: there is no "url" here; .*name a variable/,
    );
    expect(stderr).not.toContain('very-secret');
  });

  it('takes no target from a repository', async () => {
    const path = stateRepository();
    writeFileSync(join(path, '.kgitrc.yaml'), TARGETS);
    const { stdout, stderr } = await kgit(path, ['notify']);
    expect(stdout).toContain('no notifications are set up');
    expect(stderr).toContain('notify in it is not applied');
  });

  it('shows in the settings that targets are set up, and not what they are', async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, 'kgit'));
    writeFileSync(join(home, 'kgit/config.yaml'), TARGETS);
    const { stdout } = await kgit(temporaryFolder(), ['config', 'notify'], {
      env: { XDG_CONFIG_HOME: home },
    });
    expect(stdout.trim()).toBe('chat, pager');
  });

  it.each([
    [['notify', 'test'], 2, 'which target'],
    [['notify', 'list', 'chat'], 2, 'list takes no TARGET'],
    [['notify', 'test', 'nobody'], 15, 'Targets are chat, pager'],
  ])('%j ends with %i', async (args, code, words) => {
    const { code: ended, stderr } = await kgit(temporaryFolder(), [...args, ...settings(TARGETS)]);
    expect(ended).toBe(code);
    expect(stderr).toContain(words);
  });
});
