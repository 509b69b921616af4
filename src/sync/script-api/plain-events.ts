/** A one-line scalar that every YAML reader understands alike: plain, quoted, or an empty collection. */
const SCALAR = String.raw`(?:[A-Za-z0-9_./(\u00a1-\u1fff](?:[^\x00-\x1f\x7f:#]|:(?=[^ \x00-\x1f\x7f])|(?<! )#)*|"(?:[^"\\\x00-\x1f\x7f]|\\["\\/bfnrtU0-9a-fA-Fu])*"|'(?:[^'\x00-\x1f\x7f]|'')*'|\{\}|\[\])`;
const HEAD = new RegExp(`^(?:(?:#[^\\x00-\\x08\\x0b-\\x1f]*)?|([A-Za-z_][\\w-]*): ${SCALAR})$`);
const ITEM = new RegExp(`^( *)- ([A-Za-z_][\\w-]*): (?:(${SCALAR})|\\|-)$`);
const FIELD = new RegExp(`^( +)([A-Za-z_][\\w-]*): (?:(${SCALAR})|(\\|-))$`);

/** The layout of an event file that is a plain list of entries under `events`. Offsets are in UTF-16 units. */
export interface PlainEvents {
  readonly count: number;
  /** Indentation of the entries. */
  readonly indent: number;
  /** Offset after the last entry. */
  readonly end: number;
  /** Whether nothing follows the list. */
  readonly isTail: boolean;
  /** Range of the value of `last_updated`, quotes included; null if it is absent. */
  readonly updated: readonly [number, number] | null;
  /** Number of entries with each timestamp, by its text without quotes. */
  readonly times: ReadonlyMap<string, number>;
  /** Offset of the first of the final entries that all have the last timestamp. */
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
 * Checks in one pass over the lines whether a file is a mapping of scalars and one list, `events`, whose entries begin
 * with their timestamp and have scalars or `|-` blocks. Returns null for every other shape, which needs a parser.
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
      // An empty line may be part of a block at the end of the list.
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

/** Processes one line of the list; false if it is not part of an entry. */
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
