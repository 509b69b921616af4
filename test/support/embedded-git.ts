import nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import {
  type EmbeddedOptions,
  embeddedParts,
  embeddedStore,
} from '../../src/gitstore/embedded/embedded-store.js';
import { findRepository } from '../../src/gitstore/embedded/found-repository.js';
import { httpAccess } from '../../src/gitstore/embedded/http-access.js';
import { systemClock, thisHost, thisUser } from '../../src/setup/this-host.js';

/** Opens a repository with the embedded git. @param more what differs from the usual options */
export async function openEmbedded(
  path: string,
  remote: string | null = null,
  more: Partial<EmbeddedOptions> = {},
) {
  const fs = more.fs ?? nodeFs;
  const { repository, checkedOut } = await findRepository(fs, path, process.env, thisUser);
  const url = repository.config.get(`remote.${remote}.url`);
  const options: EmbeddedOptions = {
    fs,
    environment: process.env,
    repository,
    branch: 'main',
    remote:
      remote === null || url === undefined
        ? null
        : { name: remote, place: await httpAccess(url, repository.config, process.env) },
    folder: join(repository.commonDir, 'kgit'),
    isManaged: false,
    committer: { name: 'kgit', email: 'kgit@test' },
    clock: systemClock,
    host: thisHost,
    timeoutMs: 20_000,
    isOffline: false,
    ...more,
  };
  const parts = embeddedParts(options);
  const standing = { workTree: repository.workTree, checkedOut };
  return { ...parts, options, ...embeddedStore(parts, options, { standing, lostTip: null }) };
}
