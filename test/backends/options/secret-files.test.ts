import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSecret, readTlsFiles } from '../../../src/backends/options/secret-files.js';
import { EnvironmentError } from '../../../src/errors.js';
import { temporaryFolder } from '../../support/git-fixtures.js';

const NO_TLS = { 'tls.ca': undefined, 'tls.cert': undefined, 'tls.key': undefined };

it('takes the literal password, else the first line of the file', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'password'), 'hunter2\r\nsecond line\n');
  expect(await readSecret('literal', 'password', folder, 'redis.password_file')).toBe('literal');
  expect(await readSecret('', 'password', folder, 'redis.password_file')).toBe('hunter2');
  expect(await readSecret(undefined, undefined, folder, 'redis.password_file')).toBeUndefined();
});

it('says which option names a file that cannot be read or is too large', async () => {
  const folder = temporaryFolder();
  const read = (path: string) => readSecret(undefined, path, folder, 'redis.password_file');
  await expect(read('missing')).rejects.toThrow(/redis\.password_file: .*missing cannot be read/);
  writeFileSync(join(folder, 'large'), 'x'.repeat(5000));
  const error = await read('large').catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(EnvironmentError);
  expect(String(error)).not.toContain('xxx');
});

it('reads the files of TLS, and asks for certificate and key together', async () => {
  const folder = temporaryFolder();
  for (const name of ['ca', 'cert', 'key']) writeFileSync(join(folder, name), `${name} text`);
  expect(await readTlsFiles(NO_TLS, folder, 'redis')).toBeNull();
  expect(await readTlsFiles({ ...NO_TLS, 'tls.ca': 'ca' }, folder, 'redis')).toEqual({ ca: 'ca text' });
  const all = { 'tls.ca': 'ca', 'tls.cert': 'cert', 'tls.key': 'key' };
  expect(await readTlsFiles(all, folder, 'redis')).toEqual({
    ca: 'ca text',
    cert: 'cert text',
    key: 'key text',
  });
  await expect(readTlsFiles({ ...all, 'tls.key': undefined }, folder, 'redis')).rejects.toThrow(
    'redis.tls: a client certificate needs cert and key',
  );
});
