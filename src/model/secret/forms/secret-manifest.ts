import { isPlaceholder } from '../placeholder.js';
import type { SecretSpan } from '../span.js';

const MANIFEST = /kind\\{0,3}["']?[ \t]{0,8}:[ \t]{0,8}\\{0,3}["']?Secret\b/;
const DATA = new Set(['data', 'stringData']);
/** Blanks and dashes; the key, if there is one; and the rest of the line. */
const LINE = /^([ \t]*(?:- )*[ \t]*)(?:["']?([\w./-]{1,253})["']?[ \t]*:(?:[ \t]+|$))?(.*)$/s;
const BLOCK_MARK = /^[|>][-+\d]{0,3}$/;
/** Tokens of JSON and of YAML's flow style. */
const TOKEN = /"((?:[^"\\]|\\.){0,65536})"|[{}[\]:,]|[^\s"{}[\]:,]{1,65536}/gs;

/** A mapping in the text being read. */
interface Mapping {
  readonly indent: number;
  isSecret: boolean;
  lastKey: string;
  /** The mapping whose `data` or `stringData` contains this one. */
  readonly owner: Mapping | null;
}

interface Candidate {
  readonly owner: Mapping;
  readonly start: number;
  readonly end: number;
}

function below(parent: Mapping | undefined, indent: number): Mapping {
  const isData = parent !== undefined && DATA.has(parent.lastKey);
  return { indent, isSecret: false, lastKey: '', owner: isData ? parent : (parent?.owner ?? null) };
}

/** Values in YAML's block style: the lines below `data:` of a mapping that has `kind: Secret`, before or after them. */
function inBlocks(text: string): Candidate[] {
  const candidates: Candidate[] = [];
  let stack: Mapping[] = [];
  let lineStart = 0;
  for (const line of text.split('\n')) {
    const [, lead = '', key, rest = ''] = LINE.exec(line) ?? [];
    const value = rest.trim();
    const start = lineStart + line.length - rest.trimStart().length;
    lineStart += line.length + 1;
    if (line.trim() === '') continue;
    if (line.startsWith('---') || line.startsWith('...')) stack = [];
    const indent = lead.length;
    const isItem = lead.includes('-');
    while (stack.length > 0 && isOver(stack.at(-1)?.indent ?? 0, indent, isItem)) stack.pop();
    let mapping = stack.at(-1);
    if (key !== undefined) {
      if (mapping?.indent !== indent) {
        mapping = below(mapping, indent);
        stack.push(mapping);
      }
      mapping.lastKey = key;
      if (key === 'kind' && /^["']?Secret["']?$/.test(value)) mapping.isSecret = true;
    }
    if (mapping?.owner && value !== '' && !BLOCK_MARK.test(value))
      candidates.push({ owner: mapping.owner, start, end: start + value.length });
  }
  return candidates;
}

/** Whether a mapping has ended before a line: the line is indented less, or its dash starts the next item. */
function isOver(mapping: number, line: number, isItem: boolean): boolean {
  return mapping > line || (isItem && mapping === line);
}

/** Values between braces: `{"kind": "Secret", "data": {"x": "…"}}`. */
function inBraces(text: string): Candidate[] {
  const candidates: Candidate[] = [];
  const stack: Mapping[] = [];
  let word: { text: string; start: number; end: number } | null = null;
  let isValue = false;
  for (const match of text.matchAll(TOKEN)) {
    const mapping = stack.at(-1);
    const token = match[0];
    if (token === '{' || token === '[') {
      stack.push(below(mapping, stack.length));
      isValue = token === '[';
    } else if (token === '}' || token === ']') {
      stack.pop();
      isValue = false;
    } else if (token === ',') isValue = false;
    else if (token === ':') {
      if (mapping && word) mapping.lastKey = word.text;
      isValue = true;
    } else {
      // `unquoted` leaves a blank in place of a backslash.
      const quoted = match[1]?.trimEnd();
      const start = match.index + (quoted === undefined ? 0 : token.indexOf(quoted));
      word = { text: quoted ?? token, start, end: start + (quoted ?? token).length };
      if (!mapping || !isValue) continue;
      if (mapping.lastKey === 'kind' && word.text === 'Secret') mapping.isSecret = true;
      if (mapping.owner) candidates.push({ owner: mapping.owner, start, end: word.end });
    }
  }
  return candidates;
}

/** JSON embedded in a JSON text, without the quotes around it; every character keeps its index. */
function unquoted(text: string): string {
  return text.replace(/\\*"/g, (quote) => (quote === '"' ? ' ' : `${' '.repeat(quote.length - 1)}"`));
}

/** Finds the values below `data` and `stringData` of Secret manifests in a text: YAML or JSON, alone or in a list. */
export function findManifestData(text: string): SecretSpan[] {
  if (!text.includes('Secret') || !MANIFEST.test(text)) return [];
  const braces = text.includes('{') ? inBraces(text) : [];
  const quoted = text.includes('{') && text.includes('\\"') ? inBraces(unquoted(text)) : [];
  return [...inBlocks(text), ...braces, ...quoted]
    .filter(({ owner, start, end }) => owner.isSecret && !isPlaceholder(text.slice(start, end)))
    .map(({ start, end }) => ({ start, end, rule: 'secret-manifest', what: 'data of a Secret' }));
}
