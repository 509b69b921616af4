/** A one-line scalar that means the same to every reader of YAML: plain, quoted, or an empty collection. */
const SCALAR = String.raw`(?:[A-Za-z0-9_./(\u00a1-\u1fff](?:[^\x00-\x1f\x7f:#]|:(?=[^ \x00-\x1f\x7f])|(?<! )#)*|"(?:[^"\\\x00-\x1f\x7f]|\\["\\/bfnrtU0-9a-fA-Fu])*"|'(?:[^'\x00-\x1f\x7f]|'')*'|\{\}|\[\])`;
const HEAD = new RegExp(`^(?:(?:#[^\\x00-\\x08\\x0b-\\x1f]*)?|([A-Za-z_][\\w-]*): ${SCALAR})$`);
const ITEM = new RegExp(`^( *)- ([A-Za-z_][\\w-]*): (?:(${SCALAR})|\\|-)$`);
const FIELD = new RegExp(`^( +)([A-Za-z_][\\w-]*): (?:(${SCALAR})|(\\|-))$`);

/** An event file that was seen to be a plain list of entries under `events`. Offsets are in UTF-16 units. */
export interface PlainEvents {
  readonly count: number;
  /** How far the entries stand in. */
  readonly indent: number;
  /** Behind the last entry. */
  readonly end: number;
  /** Whether nothing follows the list. */
  readonly isTail: boolean;
  /** Where the value of `last_updated` stands, quotes included; null where it is not there. */
  readonly updated: readonly [number, number] | null;
  /** How many entries have each timestamp, by its text without quotes. */
  readonly times: ReadonlyMap<string, number>;
  /** Where the entries begin that end the list and have the timestamp of the last one. */
  readonly lastRun: number;
  readonly lastTime: string;
}

interface Scan {
  count: number;
  indent: number;
  keys: Set<string>;
  isBlock: boolean;
  run: number;
  time: string;
}

/**
 * Sees in one pass over the lines whether a file is a mapping of single values and one list, `events`, whose entries
 * begin with their timestamp and have single values or `|-` blocks. Null for every other shape, which a parser must judge.
 */
export function plainEvents(text: string): PlainEvents | null {
  if (!text.endsWith('\n') || text.includes('\r') || text.includes('\t')) return null;
  const heads = new Set<string>();
  const times = new Map<string, number>();
  const scan: Scan = { count: 0, indent: -1, keys: new Set(), isBlock: false, run: 0, time: '' };
  let part: 'before' | 'list' | 'after' = 'before';
  let end = 0;
  let updated: readonly [number, number] | null = null;
  for (let start = 0; start < text.length; ) {
    const stop = text.indexOf('\n', start);
    const line = text.slice(start, stop);
    if (part !== 'list' && line === 'events:' && part === 'before') {
      if (heads.has('events')) return null;
      heads.add('events');
      part = 'list';
    } else if (part === 'list' && takeEntry(line, start, scan, times)) {
      end = stop + 1;
    } else {
      const head = HEAD.exec(line);
      if (!head || (part === 'list' && scan.count === 0)) return null;
      // An empty line may belong to a block that it ends.
      if (line === '' && scan.isBlock) return null;
      if (part === 'list') part = 'after';
      const [, key] = head;
      if (key !== undefined) {
        if (heads.has(key)) return null;
        heads.add(key);
        if (key === 'last_updated') updated = [start + key.length + 2, stop];
      }
    }
    start = stop + 1;
  }
  if (scan.count === 0) return null;
  const { count, indent, run, time } = scan;
  const isTail = end === text.length;
  return { count, indent, end, isTail, updated, times, lastRun: run, lastTime: time };
}

/** Takes a line of the list in; false where it is none of an entry. */
function takeEntry(line: string, start: number, scan: Scan, times: Map<string, number>): boolean {
  if (scan.isBlock && scan.count > 0) {
    if (line.startsWith(' '.repeat(scan.indent + 4)) && /[^ ]/.test(line)) return true;
  }
  const item = ITEM.exec(line);
  if (item) {
    const [, spaces = '', key, scalar] = item;
    if (key !== 'timestamp' || scalar === undefined) return false;
    const value = scalar.replace(/^(["'])(.*)\1$/, '$2');
    if (scan.count > 0 && spaces.length !== scan.indent) return false;
    if (scan.count === 0 || value !== scan.time) scan.run = start;
    Object.assign(scan, { indent: spaces.length, keys: new Set([key]), isBlock: false, time: value });
    scan.count++;
    times.set(value, (times.get(value) ?? 0) + 1);
    return true;
  }
  const field = FIELD.exec(line);
  if (!field || scan.count === 0) return false;
  const [, spaces = '', key = '', , block] = field;
  if (spaces.length !== scan.indent + 2 || scan.keys.has(key)) return false;
  scan.keys.add(key);
  scan.isBlock = block !== undefined;
  return true;
}
