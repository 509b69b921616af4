import type { KgitError } from '../../../errors.js';
import type { Observation, Watchable } from '../../../k0rdent/observe/observation.js';
import type { SeenTransition } from '../../../k0rdent/watch/watch.js';
import type { WatchNews } from '../../../k0rdent/watch/watch-list.js';
import type { CommandResult } from '../../../terminal/output.js';
import { contextResult, transitionResult, watchingResult } from '../status/transition-lines.js';

/** The list that news of a watch is of. */
export type NewsOf = Pick<Watchable, 'management' | 'context'> & { readonly path: string };

/** Who shows what a watch tells. */
export interface WatchView {
  /** What is there when the watch of some contexts begins. */
  begin(observation: Observation): Promise<void>;
  /** That all that is there was told. */
  watching(contexts: readonly string[]): Promise<void>;
  transitions(found: readonly SeenTransition[], type: 'changed' | 'missed'): Promise<void>;
  /** That a context cannot be watched, or can again (null). */
  context(context: string, error: KgitError | null): Promise<void>;
  /** All that is told of a list, also what changes no state. */
  news(news: WatchNews, of: NewsOf): void;
}

export interface LinesOptions {
  readonly now: () => number;
  readonly begin: WatchView['begin'];
  readonly print: (result: CommandResult) => Promise<void>;
  readonly note: (message: string) => void;
  /** Whether a state is asked for. */
  readonly wants: (state: SeenTransition['to']) => boolean;
}

/** A line for each transition, or a row of `-o jsonl`. */
export function linesView({ now, begin, print, note, wants }: LinesOptions): WatchView {
  return {
    begin,
    watching: (contexts) => print(watchingResult(contexts, now())),
    transitions: async (found, type) => {
      const wanted = found.filter(({ from, to }) => wants(from) || wants(to));
      if (wanted.length > 0) await print(transitionResult(wanted, now(), type));
    },
    context: async (context, error) => {
      await print(contextResult(context, error, now()));
      note(error === null ? `context ${context} answers again` : `trying again: ${error.message}`);
    },
    news: () => undefined,
  };
}
