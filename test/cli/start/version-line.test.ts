import { expect, it } from 'vitest';
import { versionLine } from '../../../src/cli/start/version-line.js';

it.each([
  ['linux', 'x64', '6.8.0-45-generic', 'kgit/1.0.0 linux-x64 node-v22.0.0\n'],
  ['darwin', 'arm64', '24.0.0', 'kgit/1.0.0 darwin-arm64 node-v22.0.0\n'],
  ['linux', 'ia32', '6.8.0-45-generic', null],
  ['linux', 'x64', '5.15.167.4-microsoft-standard-WSL2', null],
  ['linux', 'x64', '4.4.0-19041-Microsoft', null],
] as const)('on %s %s with the kernel %s, --version is answered with %j, or by oclif', (...machine) => {
  const [platform, arch, kernel, expected] = machine;
  expect(versionLine('kgit/1.0.0', { platform, arch, version: 'v22.0.0' }, kernel)).toBe(expected);
});
