/** Readers of YAML other than kgit's: yq as the deployment scripts call it, PyYAML, and the yaml package as 1.1 and 1.2. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { temporaryFolder } from '../git-fixtures.js';

const FOLDER = import.meta.dirname;
const PYYAML = join(FOLDER, 'pyyaml.py');
const LIMIT = { encoding: 'utf8', maxBuffer: 1 << 28 } as const;

let yqFolder: string | undefined;

/** The folder of mikefarah's yq, which is built if missing. */
export function folderOfYq(): string {
  yqFolder ??= execFileSync(join(FOLDER, 'install.sh'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();
  return yqFolder;
}

/** Output of yq for an expression on a file; null if it fails. */
export function yq(expression: string, path: string): string | null {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
    return execFileSync(join(folderOfYq(), 'yq'), ['eval', expression, path], { ...LIMIT, stdio });
  } catch {
    return null;
  }
}

function filesOf(texts: readonly string[], end: string): string[] {
  const folder = temporaryFolder();
  return texts.map((text, i) => {
    const path = join(folder, `${i}.${end}`);
    writeFileSync(path, text);
    return path;
  });
}

/** In parts: the arguments of a program have a limit. */
function* parts<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += 500) yield items.slice(i, i + 500);
}

/** A JSON value for each text; of a date, which is text in JSON, yq tells the type. */
function byYq(texts: readonly string[]): unknown[] {
  const expression = '{"value": ., "dates": [.. | select(tag == "!!timestamp")]}';
  const paths = filesOf(texts, 'yaml');
  return [...parts(paths)].flatMap((some) => {
    const options = ['eval', '-o=json', '-I=0', expression, ...some];
    const out = execFileSync(join(folderOfYq(), 'yq'), options, LIMIT).trimEnd();
    return out.split('\n').map((line) => {
      const { value, dates } = JSON.parse(line) as { value: unknown; dates: unknown[] };
      return dates.length > 0 ? { dates } : value;
    });
  });
}

function byPyYaml(texts: readonly string[]): unknown[] {
  return [...parts(filesOf(texts, 'yaml'))].flatMap((some) =>
    execFileSync('python3', [PYYAML, 'read', ...some], LIMIT)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  );
}

/** The readers, each of many texts at once. Each throws where it cannot read one of them. */
export const READERS: Readonly<Record<string, (texts: readonly string[]) => unknown[]>> = {
  yq: byYq,
  PyYAML: byPyYaml,
  'yaml 1.2': (texts) => texts.map((text) => parse(text) as unknown),
  'yaml 1.1': (texts) => texts.map((text) => parse(text, { version: '1.1' }) as unknown),
};

/** Writers of YAML other than kgit's: a text for each value. */
export const WRITERS: Readonly<Record<string, (values: readonly unknown[]) => string[]>> = {
  yq: (values) =>
    values.map((value) =>
      execFileSync(join(folderOfYq(), 'yq'), ['eval', '-p=json', '-o=yaml', '-P', '.'], {
        ...LIMIT,
        input: JSON.stringify(value),
      }),
    ),
  PyYAML: (values) => {
    const paths = filesOf(
      values.map((value) => JSON.stringify(value)),
      'json',
    );
    for (const some of parts(paths)) execFileSync('python3', [PYYAML, 'write', ...some], LIMIT);
    return paths.map((path) => readFileSync(`${path}.yaml`, 'utf8'));
  },
};
