import type { WatchView } from '../../../app/observe/watch-clusters.js';
import type { SeenTransition } from '../../../k0rdent/watch/watch.js';
import type { CommandResult } from '../../../terminal/output.js';
import { contextResult, transitionResult, watchingResult } from '../status/transition-lines.js';

export interface LinesOptions {
  readonly now: () => number;
  readonly begin: WatchView['begin'];
  readonly print: (result: CommandResult) => Promise<void>;
  readonly note: (message: string) => void;
  /** Whether the user asked for a state. */
  readonly wants: (state: SeenTransition['to']) => boolean;
}

/** Creates a view that prints a line for each transition, or a row of `-o jsonl`. */
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
