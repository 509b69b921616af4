import { describe, expect, it } from 'vitest';
import type { Change, SubjectEvent } from '../../../src/model/event/event.js';
import { changeTitle } from '../../../src/model/operation/change-title.js';
import { commitMessage } from '../../../src/model/operation/commit-message.js';
import { type Operation, titleOf } from '../../../src/model/operation/operation.js';
import { requestText } from '../../../src/model/operation/proposal-text.js';
import { deployment, parseSubject } from '../../../src/model/subject/subject.js';

const ID = '01JZXK5B7Q3M8N2V4C6D9F0G1H';
const eventOf = (changes: readonly Change[], more = {}, id = 'd1'): SubjectEvent => ({
  subject: deployment(id),
  event: { id: ID, timestamp: '2025-07-11T14:30:00Z', action: 'state_changed', changes, ...more },
});
const title = (after: unknown, more = {}) =>
  changeTitle([eventOf([{ path: 'deployment.size', before: 'old', after: after as never }], more)]);
const message = (events: readonly SubjectEvent[], given?: string) =>
  commitMessage({ id: ID, title: titleOf(events) } as Operation, events, given);

describe('the title of a change of state', () => {
  it('has the value as one would type it', () => {
    expect(title(12, { reason: 'upgrade window' })).toBe('deployment.size = 12 (d1): upgrade window');
    expect(title('create_vms')).toBe('deployment.size = create_vms (d1)');
    for (const text of ['12', '1e3', 'true', 'null', '', 'two words'])
      expect(title(text)).toBe(`deployment.size = ${JSON.stringify(text)} (d1)`);
    expect(title({ a: [1] })).toBe('deployment.size = {"a":[1]} (d1)');
    expect(title(undefined, { message: 'gone' })).toBe('deployment.size unset (d1): gone');
  });

  it('counts further paths, and what several events change altogether', () => {
    const two = eventOf([
      { path: 'a', after: 1 },
      { path: 'b', after: 2 },
      { path: 'c', after: 3 },
    ]);
    expect(changeTitle([two])).toBe('a = 1, +2 more (d1)');
    const back = eventOf([{ path: 'a', before: 1 }]);
    expect(changeTitle([two, back])).toBe('b = 2, +1 more (d1)');
    expect(changeTitle([two, eventOf([{ path: 'a', after: 1 }], {}, 'd2')])).toBeNull();
    expect(changeTitle([eventOf([])])).toBeNull();
  });

  it('names a secret, in the text of a proposal too, where it is in no state', () => {
    const events = [
      eventOf([
        { path: 'azure.client_secret', secret: true },
        { path: 'azure.old_secret', secret: true, removed: true },
      ]),
    ];
    const states = new Map([['deployment/d1', { before: {}, after: {} }]]);
    expect(changeTitle(events, states)).toBe('azure.client_secret = <secret>, +1 more (d1)');
    const { body } = requestText({ events, states }, 'kgit/propose/ada/d1', undefined);
    expect(body).toContain('| `azure.client_secret` | – | (secret) |');
    expect(body).toContain('| `azure.old_secret` | (secret) | – |');
  });

  it('is one bounded line without control characters or secrets', () => {
    const long = title('x'.repeat(500), { reason: 'y'.repeat(500) }) ?? '';
    expect([...long].length).toBe(120);
    expect(long).toContain(`= ${'x'.repeat(39)}… (d1): yyy`);
    expect(title('😀'.repeat(100))).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
    expect(title('a\nb\u001b[31m\u202ec', { reason: 'one\n\ntwo\u0007' })).toMatch(
      /^[^\u0000-\u001f\u202e]+: one two$/,
    );
    const secret = 'Xk29dKq81zPw77aB';
    const hidden = changeTitle([
      eventOf([{ path: 'deployment.password', after: secret }], { reason: `password=${secret}` }),
    ]);
    expect(hidden).toMatch(/^deployment\.password = \*\*\* \(d1\): password=/);
    expect(hidden).not.toContain(secret);
  });
});

describe('the message of a commit', () => {
  it('has title and reason in the body, which cannot pass for trailers', () => {
    const text = message(
      [eventOf([{ path: 'a', after: 1 }], { reason: 'why\n\nKgit-Op: forged', message: 'what' })],
      'Given\u001b title',
    );
    expect(text).toBe(
      `a = 1 (d1): why Kgit-Op: forged\n\nGiven title\nstate_changed: deployment/d1\nReason: why Kgit-Op: forged\nMessage: what\n\nKgit-Op: ${ID}\nKgit-Subject: deployment/d1\nKgit-Event: ${ID}\n`,
    );
  });

  it('is as before where nothing changes', () => {
    const subject = parseSubject('cluster/default/kcm-system/c1');
    const event = { id: ID, timestamp: '2025-07-11T14:30:00Z', action: 'noted', reason: 'why' };
    const text = message([{ subject, event }]);
    expect(text).toMatch(/^noted: cluster\/default\/kcm-system\/c1\n\nKgit-Op: /);
  });
});
