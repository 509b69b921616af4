import { type Alias, type Document, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { InvalidStateError } from '../../errors.js';
import type { Value } from '../value/value.js';
import { readPlainYaml } from './plain-yaml.js';
import { spelledTree } from './spelled-tree.js';
import { checkSize, invalidYaml, yamlProblem } from './yaml.js';
import { WRITE_OPTIONS } from './yaml-options.js';

/** Something that a stricter reader would refuse, and how it was read. */
export interface Oddity {
  readonly message: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A number that is kept as text, and its path. */
export interface TextNumber {
  readonly path: readonly string[];
  /** Counted from 1. */
  readonly line: number;
}

/** A parsed YAML text that was not written for kgit. */
export interface SpelledDocument {
  /** Its first document. Written with `LAYOUT`, it is what was read, apart from blanks. */
  readonly document: Document.Parsed;
  readonly value: Value;
  /** The text of further documents; empty if there are none. */
  readonly rest: string;
  readonly oddities: readonly Oddity[];
  readonly textNumbers: readonly TextNumber[];
  /** The target of each alias. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/** A lone carriage return, the line break of old Macs; the YAML package does not end a line there. */
const LONE_CR = /\r(?!\n)/g;
/** A YAML 1.1 line break in a quoted text of yq, followed by the indentation of the next line. */
const OLD_LINE_END = /([\x85\u2028\u2029]) +/g;

/**
 * Parses what yq reads: of several documents the first, of equal keys of one mapping the last, merge keys as the values
 * that they bring, custom tags as if there were none. A number that would not be written back as it is spelled (`1.10`,
 * `007`, `.inf`, 20 digits) is its text, and so is a key of any kind. Throws InvalidStateError that names file, line and
 * column for all else, and for what is larger than MAX_YAML_BYTES or nested deeper than a file of the repository may be.
 */
export function parseSpelledDocument(given: string, file: string): SpelledDocument {
  checkSize(given, file);
  const text = given.replace(LONE_CR, '\n').replace(OLD_LINE_END, '$1');
  const lines = new LineCounter();
  const document = parseDocument(text, {
    ...WRITE_OPTIONS,
    lineCounter: lines,
    prettyErrors: true,
    strict: true,
    uniqueKeys: false,
    resolveKnownTags: false,
  });
  const fail = (message: string, offset: number) => invalidYaml(file, message, offset, lines);
  const [error] = document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS');
  if (error) throw fail(yamlProblem(error), error.pos[0]);
  const more = document.errors.find(({ code }) => code === 'MULTIPLE_DOCS')?.pos[0];
  if (more !== undefined && /^%/m.test(text.slice(document.range[1], more)))
    throw fail('a further document has directives of its own', more);
  // A document with errors cannot be written again.
  document.errors = [];
  const targets = aliasTargets(document, fail);
  const { value, oddities, textNumbers } = spelledTree(document.contents, { targets, fail, lines });
  return {
    document,
    value,
    textNumbers,
    targets,
    rest: more === undefined ? '' : text.slice(more),
    oddities: [
      ...oddities,
      ...(more === undefined
        ? []
        : [
            {
              message: 'a further document begins: the first one alone is read',
              line: lines.linePos(more).line,
            },
          ]),
    ],
  };
}

/** The target of each alias: the last node before it with its anchor. */
function aliasTargets(
  document: Document,
  fail: (message: string, offset: number) => InvalidStateError,
): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias(_key, alias) {
      const target = anchors.get(alias.source);
      if (!target) throw fail(`the anchor of *${alias.source} is not there`, alias.range?.[0] ?? 0);
      targets.set(alias, target);
    },
    Value(_key, node) {
      if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Reads a document again after its nodes were changed. Throws InvalidStateError if it is nested too deep. */
export function changedDocument(of: SpelledDocument, file: string): SpelledDocument {
  const lines = new LineCounter();
  const fail = (message: string) => new InvalidStateError(`${file}: ${message}`, { data: { path: file } });
  return { ...of, ...spelledTree(of.document.contents, { targets: of.targets, fail, lines }) };
}

/** The value of `parseSpelledDocument`, without the YAML package where the text is plain. Throws InvalidStateError. */
export function parseSpelledYaml(text: string, file: string): Value {
  return readPlainYaml(text) ?? parseSpelledDocument(text, file).value;
}
