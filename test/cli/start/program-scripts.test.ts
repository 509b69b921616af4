import { describe, expect, it } from 'vitest';
import { SMALL } from '../../../scripts/library-build.mjs';
import { checkScripts, commonJs, joinScripts } from '../../../scripts/program-scripts.mjs';

const OPTIONS = { bundle: true, platform: 'node', target: 'node20.19' } as const;

const A = `import {
  plus as add,
  text
} from "./b.cjs";
import { join } from "node:path";
var sum = add(1, 2);
var later = () => import("./c.cjs");
export {
  join,
  later,
  sum as default,
  text
};
`;
const B = `import * as path from "node:path";
var plus = (a, b) => a + b;
var text = path.posix.join("a", "b");
export {
  plus,
  text
};
`;
const C = `import { plus, text as shown } from "./b.cjs";
import "./b.cjs";
var three = plus(1, 2);
export {
  shown,
  three
};
`;

const scripts = () => new Map(Object.entries({ 'a.cjs': A, 'b.cjs': B, 'c.cjs': C }));

/** Loads a script as the start does; with the names of the scripts in the order in which they ran. */
async function run(texts: ReadonlyMap<string, string>, first: string) {
  const ran: string[] = [];
  const bodies = new Map<string, string>();
  for (const [name, text] of texts) bodies.set(name, await commonJs(text, SMALL));
  const made = new Map<string, Record<string, unknown>>();
  const load = (id: string): unknown => {
    if (!id.startsWith('./')) return process.getBuiltinModule(id);
    const name = id.slice(2);
    const known = made.get(name);
    if (known) return known;
    ran.push(name);
    const module = { exports: {} };
    new Function('module', 'require', bodies.get(name) ?? 'throw new Error("no such script")')(module, load);
    made.set(name, module.exports);
    return module.exports;
  };
  return { exports: load(`./${first}`) as Record<string, unknown>, ran };
}

describe('scripts of the program', () => {
  it('give the same apart and joined, each run once', async () => {
    const apart = await run(scripts(), 'a.cjs');
    expect(apart.ran).toEqual(['a.cjs', 'b.cjs']);
    expect(apart.exports).toMatchObject({ default: 3, text: 'a/b' });
    expect((apart.exports['join'] as (...parts: string[]) => string)('x', 'y')).toBe('x/y');
    const texts = scripts();
    await joinScripts(texts, ['a.cjs', 'b.cjs'], OPTIONS);
    expect([...texts.keys()]).toEqual(['a.cjs', 'c.cjs']);
    const joined = await run(texts, 'a.cjs');
    expect(joined.exports).toMatchObject({ default: 3, text: 'a/b' });
    // What is imported on demand stays apart, and finds the part that it needs in the whole.
    expect(joined.ran).toEqual(['a.cjs']);
    const later = await (joined.exports['later'] as () => Promise<unknown>)();
    expect(later).toEqual({ shown: 'a/b', three: 3 });
    expect(joined.ran).toEqual(['a.cjs', 'c.cjs']);
  });

  const outputs = (names: number) =>
    new Map([
      ['a.cjs', { imports: [{ kind: 'import-statement' as const }], exports: [] }],
      ['b.cjs', { imports: [], exports: Array.from({ length: names }, String) }],
    ]);
  const check = (b: string, names = 1) =>
    checkScripts(
      new Map(Object.entries({ 'a.cjs': 'import { x } from "./b.cjs";\n', 'b.cjs': b })),
      outputs(names),
    );

  it.each(['x = 1', 'x += 1', 'x ??= 1', 'x++', 'let y = x = 1'])(
    'are refused if an export changes: %s',
    (change) => {
      expect(() => check(`var x = 0;\nfunction f() {\n  ${change};\n}\nexport {\n  x\n};\n`)).toThrow(
        /assigns it/,
      );
    },
  );

  it('are accepted if none does', () => {
    const body = 'function f() {\n  const x = 1;\n  other.x = x;\n  if (x == 2 || x === y) return;\n}\n';
    expect(() => check(`var x = 0;\n${body}export {\n  x\n};\n`)).not.toThrow();
  });

  it('are refused if an export is written in another way', () => {
    expect(() => check('export var x = 1;\n')).toThrow(/does not know/);
  });
});
