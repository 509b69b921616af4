import type { BuildOptions, Metafile, TransformOptions } from 'esbuild';

type Output = Metafile['outputs'][string];
type Described = {
  readonly imports: readonly Pick<Output['imports'][number], 'kind'>[];
  readonly exports: Output['exports'];
};

export function checkScripts(
  texts: ReadonlyMap<string, string>,
  outputs: ReadonlyMap<string, Described>,
): void;
export function joinScripts(
  texts: Map<string, string>,
  members: readonly string[],
  options: BuildOptions,
): Promise<void>;
export function commonJs(text: string, options: TransformOptions): Promise<string>;
