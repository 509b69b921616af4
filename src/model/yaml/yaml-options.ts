import {
  type CreateNodeOptions,
  type DocumentOptions,
  Scalar,
  type ScalarTag,
  type SchemaOptions,
  type Tags,
  type ToStringOptions,
} from 'yaml';
import { escaped, needsEscapes } from './escaped-text.js';
import { numberText } from './number-text.js';
import { isTypedSomewhere } from './plain-scalar.js';

/** Blanks that some reader drops or refuses: at the start of a text, at line ends, and tabs. */
const ODD_BLANKS = /^\s|[ \t](?:\n|$)|\t/;

type Stringify = NonNullable<ScalarTag['stringify']>;

/** Wraps the package's writer of texts so that every YAML reader can read its output. */
function textWriter(write: Stringify): Stringify {
  return (item, context, onComment, onChompKeep) => {
    const { value, source, type, tag } = item;
    const plain = (node: Scalar) => write(node, context, onComment, onChompKeep);
    if (typeof value !== 'string') return plain(item);
    // With a tag of its own it needs no quotes to be text: `!!float 1`.
    if (tag !== undefined && type === Scalar.PLAIN && source === value && !/[\n:#]/.test(value)) return value;
    const isNew = source === undefined;
    const isQuoted = type === Scalar.QUOTE_DOUBLE || type === Scalar.QUOTE_SINGLE;
    const inQuotes = (node: Scalar) => {
      const quoted = new Scalar(value);
      quoted.type = Scalar.QUOTE_DOUBLE;
      if (node.comment != null) quoted.comment = node.comment;
      return escaped(plain(quoted));
    };
    if (needsEscapes(value) || (isNew && !isQuoted && needsQuotes(value))) return inQuotes(item);
    return plain(item);
  };
}

/** Whether a text must not be written plain or as a block. */
function needsQuotes(text: string): boolean {
  return isTypedSomewhere(text) || ODD_BLANKS.test(text);
}

/** Writes unchanged scalars as they were spelled. */
function asSpelled(write: Stringify | undefined): Stringify {
  return (item, context, onComment, onChompKeep) => {
    if (item.source !== undefined) return item.source;
    if (typeof item.value === 'number') return numberText(item.value);
    return write ? write(item, context, onComment, onChompKeep) : String(item.value);
  };
}

const NAME = 'tag:yaml.org,2002:';
const SPELLED = ['int', 'float', 'bool'].map((name) => NAME + name);

function written(tag: Tags[number]): Tags[number] {
  if (typeof tag !== 'object' || tag.collection !== undefined) return tag;
  if (tag.tag === `${NAME}str` && tag.stringify) return { ...tag, stringify: textWriter(tag.stringify) };
  return SPELLED.includes(tag.tag) ? { ...tag, stringify: asSpelled(tag.stringify) } : tag;
}

/** How every YAML text of kgit is written by the YAML package: means the same to readers of YAML 1.1 and 1.2. */
export const WRITE_OPTIONS: DocumentOptions & SchemaOptions & CreateNodeOptions = {
  aliasDuplicateObjects: false,
  customTags: (tags) => tags.map(written),
};

/** The layout of every YAML text of kgit: that of yq. */
export const LAYOUT: ToStringOptions = {
  lineWidth: 0,
  flowCollectionPadding: false,
  verifyAliasOrder: false,
};
