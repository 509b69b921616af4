import { release } from 'node:os';

/**
 * What `--version` prints on this machine; null where oclif has words of its own for the system or the processor
 * (`wsl`, `x86`).
 * @param name and version of the program
 */
export function versionLine(
  name: string,
  { platform, arch, version }: Pick<NodeJS.Process, 'platform' | 'arch' | 'version'> = process,
  kernel: string = release(),
): string | null {
  const isWindows = platform === 'linux' && /microsoft/i.test(kernel);
  return arch === 'ia32' || isWindows ? null : `${name} ${platform}-${arch} node-${version}\n`;
}
