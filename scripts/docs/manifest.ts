import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A flag as the manifest describes it. */
export interface ManifestFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly summary?: string;
  readonly helpGroup?: string;
  readonly hidden?: boolean;
  readonly helpValue?: string;
  readonly default?: unknown;
  readonly options?: readonly string[];
  readonly exclusive?: readonly string[];
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly allowNo?: boolean;
}

export interface ManifestArg {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly default?: unknown;
}

export interface ManifestCommand {
  readonly id: string;
  readonly summary: string;
  readonly description: string;
  readonly usage?: string;
  readonly examples: readonly string[];
  readonly args: Readonly<Record<string, ManifestArg>>;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly strict: boolean;
  readonly hidden?: boolean;
}

/** The commands of the built program by name, from the manifest. */
export function readCommands(root: string): ManifestCommand[] {
  const manifest = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as {
    commands: Record<string, ManifestCommand>;
  };
  return Object.values(manifest.commands).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The files of the manual pages in the package: one of kgit, and one of each command that help lists. */
export function manPageFiles(root: string): string[] {
  const shown = readCommands(root).filter(({ hidden }) => hidden !== true);
  return ['kgit', ...shown.map(({ id }) => `kgit-${id}`)].map((name) => `dist/man/${name}.1`);
}
