import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type ManifestArg, type ManifestFlag, readCommands } from '../../../scripts/docs/manifest.js';

const root = join(import.meta.dirname, '../../..');

function flagShape({
  type,
  char,
  options,
  default: preset,
  exclusive,
  multiple,
  required,
  allowNo,
}: ManifestFlag) {
  const isSet = (value: unknown) => value !== undefined && value !== false;
  const all = { type, char, options, default: preset, exclusive, multiple, required, allowNo };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => isSet(value)));
}

function argShape({ required, options, default: preset }: ManifestArg) {
  return { required: required === true, options, default: preset };
}

/** JSON with one argument or flag a line, so that a review shows which one changed. */
function lines(shapes: Readonly<Record<string, object>>): string {
  const rows = Object.entries(shapes).map(
    ([name, shape]) => `      ${JSON.stringify(name)}: ${JSON.stringify(shape)}`,
  );
  return rows.length === 0 ? '{}' : `{\n${rows.join(',\n')}\n    }`;
}

it('keeps the command line: scripts rely on every command and flag', async () => {
  const commands = readCommands(root).map(({ id, args, flags, strict }) => {
    const argShapes = Object.fromEntries(Object.values(args).map((arg) => [arg.name, argShape(arg)]));
    const sorted = Object.values(flags).sort((a, b) => (a.name < b.name ? -1 : 1));
    const flagShapes = Object.fromEntries(sorted.map((flag) => [flag.name, flagShape(flag)]));
    const words = strict ? '' : '\n    "anyWords": true,';
    return `  ${JSON.stringify(id)}: {${words}\n    "args": ${lines(argShapes)},\n    "flags": ${lines(flagShapes)}\n  }`;
  });
  await expect(`{\n${commands.join(',\n')}\n}\n`).toMatchFileSnapshot('command-snapshot.json');
});
