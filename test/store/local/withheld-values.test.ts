import { appendFileSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../../src/errors.js';
import { cluster, deployment } from '../../../src/model/subject/subject.js';
import { ImportedFiles, textHash } from '../../../src/store/local/imported-files.js';
import { eventValueKey, WithheldValues } from '../../../src/store/local/withheld-values.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

const SUBJECT = deployment('k0rdent-x');
const KEY = 'deployment.wireguard_peers.laptop.private_key';
const fileIn = (folder: string) => join(folder, readdirSync(folder)[0] as string);

describe('WithheldValues', () => {
  it('gives back what was put, to another process too, and nothing of another subject', async () => {
    const folder = temporaryFolder();
    const field = eventValueKey('01JZXK5B7Q3M8N2V4C6D9F0G1H', ['message']);
    await new WithheldValues(folder).put(
      SUBJECT,
      new Map([
        [KEY, 'a'],
        [field, 'b'],
      ]),
    );
    const values = new WithheldValues(folder);
    expect(await values.get(SUBJECT, KEY)).toBe('a');
    expect([...(await values.all(SUBJECT))]).toEqual([
      [KEY, 'a'],
      [field, 'b'],
    ]);
    expect(await values.get(cluster('default', 'kcm-system', 'c'), KEY)).toBeUndefined();
  });

  it('replaces, forgets, and writes nothing that is there already', async () => {
    const folder = temporaryFolder();
    const values = new WithheldValues(folder);
    await values.put(SUBJECT, new Map([[KEY, 'old']]));
    await values.put(SUBJECT, new Map([[KEY, 'new']]));
    const { size } = statSync(fileIn(join(folder, 'withheld')));
    await values.put(SUBJECT, new Map([[KEY, 'new']]));
    expect(statSync(fileIn(join(folder, 'withheld'))).size).toBe(size);
    expect(await values.get(SUBJECT, KEY)).toBe('new');
    await values.put(SUBJECT, new Map([[KEY, undefined]]));
    expect((await new WithheldValues(folder).all(SUBJECT)).size).toBe(0);
  });

  it("is for its user's eyes alone", async () => {
    const folder = temporaryFolder();
    await new WithheldValues(folder).put(SUBJECT, new Map([[KEY, 'a']]));
    expect(statSync(join(folder, 'withheld')).mode & 0o777).toBe(0o700);
    expect(statSync(fileIn(join(folder, 'withheld'))).mode & 0o777).toBe(0o600);
  });

  it('loses nothing of two that write at once, and survives a line that was cut off', async () => {
    const folder = temporaryFolder();
    const keys = Array.from({ length: 40 }, (_, i) => `deployment.k${i}`);
    await Promise.all(keys.map((key) => new WithheldValues(folder).put(SUBJECT, new Map([[key, key]]))));
    const file = fileIn(join(folder, 'withheld'));
    appendFileSync(file, '{"set":{"deployment.cut":"o');
    await new WithheldValues(folder).put(SUBJECT, new Map([['deployment.after', 1]]));
    const all = await new WithheldValues(folder).all(SUBJECT);
    expect([...all.keys()].sort()).toEqual([...keys, 'deployment.after'].sort());
  });

  it('follows no link', async () => {
    const folder = temporaryFolder();
    const values = new WithheldValues(folder);
    await values.put(SUBJECT, new Map([[KEY, 'a']]));
    const file = fileIn(join(folder, 'withheld'));
    const linked = temporaryFolder();
    await new WithheldValues(linked).put(deployment('other'), new Map([[KEY, 'b']]));
    symlinkSync(file, join(linked, 'withheld', file.slice(file.lastIndexOf('/') + 1)));
    await expect(new WithheldValues(linked).get(SUBJECT, KEY)).rejects.toThrow(EnvironmentError);
  });
});

describe('ImportedFiles', () => {
  it('knows the last version of each file, for its user alone', async () => {
    const folder = temporaryFolder();
    const files = new ImportedFiles(folder, async () => true);
    const record = (text: string) => ({
      path: '/srv/state/deployment-state.yaml',
      subject: 'deployment/k0rdent-x',
      family: 'deployment-state',
      sha256: textHash(text),
      mtimeMs: 1,
      values: { text },
    });
    expect(await files.last('/srv/state/deployment-state.yaml')).toBeNull();
    await files.note(record('a: 1\n'));
    await files.note(record('a: 2\n'));
    expect(
      await new ImportedFiles(folder, async () => true).last('/srv/state/deployment-state.yaml'),
    ).toEqual(record('a: 2\n'));
    expect(await files.last('/srv/other.yaml')).toBeNull();
    const file = fileIn(join(folder, 'imports'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('a: 1');
  });

  it('drops the text, with its secrets, that earlier versions noted', async () => {
    const folder = temporaryFolder();
    const files = new ImportedFiles(folder, async () => true);
    const path = '/srv/state/deployment-state.yaml';
    const carrier = { subject: 'deployment/k0rdent-x', id: '01JZ8Q3V5W9X2Y4Z6A7B8C9D0E' };
    const record = {
      path,
      subject: carrier.subject,
      family: 'deployment-state',
      sha256: 'x',
      mtimeMs: 1,
      carrier,
    };
    await files.note({ ...record, text: 'pw: one-Secret1\n' });
    await files.note({ ...record, sha256: 'y', text: 'pw: two-Secret2\n' });
    const { carrier: _, ...same } = { ...record, sha256: 'y' };
    await files.note(same);
    const text = readFileSync(fileIn(join(folder, 'imports')), 'utf8');
    expect(text).not.toContain('Secret');
    expect(await files.last(path)).toEqual({ ...same, carrier });
  });
});
