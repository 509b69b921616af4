const PLAIN = String.raw`[A-Za-z0-9_/(\u00c0-\u1fff](?:[^\x00-\x1f\x7f:#]|:(?=[^ \x00-\x1f\x7f])|(?<! )#)*`;
const DOUBLE = String.raw`"(?:[^"\\\x00-\x1f\x7f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"`;
const SINGLE = String.raw`'(?:[^'\x00-\x1f\x7f]|'')*'`;
const SCALAR = `(?:${PLAIN}|${DOUBLE}|${SINGLE}|-?[0-9.]+|\\{\\}|\\[\\])`;
/** Indentation, dashes of lists, key, then a scalar, the mark of a block scalar or nothing. */
const ENTRY = new RegExp(`^( *)(- )?(?:([A-Za-z_][\\w.-]*):(?: (?:(${SCALAR})|(\\|[+-]?)))?|(${SCALAR}))$`);

interface Level {
  readonly indent: number;
  readonly kind: 'mapping' | 'list';
  readonly keys: Set<string>;
}

/** The line after a block scalar that begins behind line `at`; -1 where its lines are of doubtful indentation. */
function afterBlock(lines: readonly string[], at: number, parent: number): number {
  let indent = 0;
  for (let i = at; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line === '') continue;
    if (/^ *$|\r|^ *\t/.test(line)) return -1;
    const own = line.search(/[^ ]/);
    if (own <= parent) return i;
    if (indent === 0) indent = own;
    if (own < indent) return -1;
  }
  return lines.length;
}

/** Takes one line in; false when it does not stand where a YAML reader expects it. */
function place(levels: Level[], match: RegExpExecArray, opened: boolean): boolean {
  const [, spaces = '', dash, key] = match;
  let top = levels.at(-1) as Level;
  const kind = dash ? 'list' : 'mapping';
  if (spaces.length > top.indent) {
    if (!opened) return false;
    top = { indent: spaces.length, kind, keys: new Set() };
    levels.push(top);
  } else {
    while (top.indent > spaces.length && levels.length > 1) {
      levels.pop();
      top = levels.at(-1) as Level;
    }
    if (top.indent !== spaces.length || top.kind !== kind) return false;
  }
  if (key === undefined) return dash !== undefined;
  if (dash) {
    top = { indent: spaces.length + 2, kind: 'mapping', keys: new Set() };
    levels.push(top);
  }
  if (top.keys.has(key)) return false;
  top.keys.add(key);
  return true;
}

/**
 * Whether `text` is a mapping in the plainest YAML: block mappings and lists, scalars on one line, `|` blocks.
 * Such a text is valid, and means the same at any indentation; of other texts only a parser can tell. It is
 * what kgit writes, near enough always, and is seen some hundred times faster than it is parsed.
 */
export function isPlainBlock(text: string): boolean {
  if (!text.endsWith('\n')) return false;
  const lines = text.split('\n');
  lines.pop();
  const levels: Level[] = [{ indent: 0, kind: 'mapping', keys: new Set() }];
  let opened = false;
  for (let i = 0; i < lines.length; i++) {
    const match = ENTRY.exec(lines[i] as string);
    if (!match || !place(levels, match, opened)) return false;
    const [, , , key, scalar, block] = match;
    opened = key !== undefined && scalar === undefined && block === undefined;
    if (block === undefined) continue;
    const next = afterBlock(lines, i + 1, (levels.at(-1) as Level).indent);
    if (next < 0) return false;
    i = next - 1;
  }
  return lines.length > 0;
}
