/** The signals by which a terminal, a shell or a job runner asks a program to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
export type EndSignal = (typeof SIGNALS)[number];

/** Takes those signals from now until `release`, so that what is under way can be ended in order. */
export class EndSignals {
  #receive: (signal: EndSignal) => void = () => undefined;
  readonly #listener = (signal: NodeJS.Signals) => this.#receive(signal as EndSignal);

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Who gets them from here on; until then they are dropped. */
  to(receive: (signal: EndSignal) => void): void {
    this.#receive = receive;
  }

  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}

/**
 * Aborted when this process ends, by a signal too, just before it does: a program that it started would go on by
 * itself, for only a terminal signals both.
 */
export function endOfProcess(): AbortSignal {
  const end = new AbortController();
  process.once('exit', () => end.abort());
  const signals = new EndSignals();
  signals.to((signal) => {
    end.abort();
    signals.release();
    process.kill(process.pid, signal);
  });
  return end.signal;
}
