import type { Occasion } from '../rules/rule.js';

/** How urgent a notice is: `bad` needs a person, `good` says that something is over. */
export type Level = 'bad' | 'warning' | 'good' | 'neutral';

/** What rules see of a news item, which may have any number of these: a change may hold many events. */
export interface Occurrence {
  /** Id of the news item. */
  readonly item: string;
  /** Its place among the occurrences of the item, from 0. */
  readonly part: number;
  /** Identifies it within the item, and never changes: the id of the event; '' where there is only one. */
  readonly key: string;
  /** What it is; the first one is the most general. */
  readonly occasions: readonly [Occasion, ...Occasion[]];
  /** As `formatSubject` writes it: `cluster/M/NS/NAME`; '' for what has none. */
  readonly subject: string;
  readonly selected: {
    readonly action?: string | undefined;
    readonly outcome?: string | undefined;
    readonly user?: string | undefined;
    readonly from?: string | undefined;
    readonly to?: string | undefined;
    readonly divergence?: string | undefined;
  };
  /** Writes what people and programs get. Costs far more than a comparison with rules. */
  readonly tell: () => Notice;
}

/** What people and programs get of an occurrence: bounded, and without secrets. */
export interface Notice {
  readonly level: Level;
  /** One line. */
  readonly title: string;
  /** One line; '' for what has none. */
  readonly subject: string;
  /** Labels of kgit's own, each with a text that others may have written. */
  readonly facts: readonly (readonly [label: string, text: string])[];
  /** When it happened: RFC 3339, unless the record says something else. */
  readonly time: string;
  /** Where the page shows it, below its address: `/clusters/M/NS/NAME`. */
  readonly path: string;
  /** What programs get. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** What a rule selected, under the id by which a receiver drops duplicates. */
export interface Message extends Pick<Occurrence, 'item' | 'part'> {
  /** As of an occurrence; `test` for what `kgit notify test` sends. */
  readonly occasions: readonly [Occasion | 'test', ...Occasion[]];
  /** `NEWS/KEY/RULE`, the same at every try. */
  readonly id: string;
  readonly rule: string;
  readonly notice: Notice;
}

/** What is sent at once: one message, or a burst of them as one digest. */
export type Delivery =
  | { readonly kind: 'message'; readonly id: string; readonly message: Message }
  | { readonly kind: 'digest'; readonly id: string; readonly messages: readonly Message[] };

/** The message of what a rule selected. */
export function messageOf(rule: string, { item, part, key, occasions, tell }: Occurrence): Message {
  return { id: [item, key, rule].filter(Boolean).join('/'), item, part, occasions, rule, notice: tell() };
}

/** Everything that is to be sent at once. */
export function deliveryOf(messages: readonly [Message, ...Message[]], isDigest: boolean): Delivery {
  const [first] = messages;
  if (!isDigest) return { kind: 'message', id: first.id, message: first };
  return { kind: 'digest', id: `digest/${first.id}/${messages.length}`, messages };
}

/** The messages of a delivery. */
export function messagesOf(delivery: Delivery): readonly Message[] {
  return delivery.kind === 'message' ? [delivery.message] : delivery.messages;
}
