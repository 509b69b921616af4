/** The signals by which a terminal, a shell or a job runner asks a program to end. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
export type EndSignal = (typeof SIGNALS)[number];

/** Handles those signals from now until `release`, for an orderly end. */
export class EndSignals {
  #receive: (signal: EndSignal) => void = () => undefined;
  readonly #listener = (signal: NodeJS.Signals) => this.#receive(signal as EndSignal);

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Sets the receiver; signals before that are dropped. */
  to(receive: (signal: EndSignal) => void): void {
    this.#receive = receive;
  }

  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }
}

/**
 * A signal that fires just before this process ends, even by a signal: programs that it started would otherwise keep
 * running, because only a terminal signals both.
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
