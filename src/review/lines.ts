import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

interface Place {
  readonly key: Node | null;
  readonly value: unknown;
}

function step({ value }: Place, part: string | number): Place | null {
  if (isSeq(value)) {
    const item = value.items[Number(part)];
    return item === undefined ? null : { key: item as Node, value: item };
  }
  if (!isMap(value)) return null;
  const pair = value.items.find(({ key }) => String((key as { value?: unknown }).value) === String(part));
  return pair ? { key: pair.key as Node, value: pair.value } : null;
}

/** The line, from 1, of the deepest existing part of a path in a YAML text; null if the text is not valid YAML. */
export function lineOf(text: string, path: readonly (string | number)[]): number | null {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  if (document.errors.length > 0) return null;
  let at: Place = { key: document.contents, value: document.contents };
  for (const part of path) {
    const next = step(at, part);
    if (!next) break;
    at = next;
  }
  const start = at.key?.range?.[0];
  return start === undefined ? null : counter.linePos(start).line;
}
