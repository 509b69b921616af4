const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const END_OF_SCREEN = '\u001b[J';
/** Terminals that know these show a frame only once it is whole; others pass over them. */
const [HOLD, SHOW] = ['\u001b[?2026h', '\u001b[?2026l'];

type Stream = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'on' | 'off'>;

export interface Size {
  /** One less than the terminal has: a line that fills the last column would lose its end when the rest is cleared. */
  readonly width: number;
  readonly height: number;
}

/** Draws frames on a terminal's second screen, each with one write, and leaves the terminal as it was. */
export class ScreenFrame {
  readonly #stream: Stream;
  readonly #redraw: () => void;
  readonly #leave = () => {
    this.#stream.write(LEAVE);
  };
  readonly #suspend = () => {
    this.#leave();
    process.kill(process.pid, 'SIGSTOP');
  };
  readonly #resume = () => {
    this.#stream.write(ENTER);
    this.#redraw();
  };

  /** @param redraw called when the terminal has another size, or was given back by a shell */
  constructor(stream: Stream, redraw: () => void) {
    this.#stream = stream;
    this.#redraw = redraw;
    stream.write(ENTER);
    stream.on('resize', redraw);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#resume);
    // However the process ends.
    process.on('exit', this.#leave);
  }

  get size(): Size {
    // A terminal that nobody has told its size has 0 columns and rows.
    return { width: Math.max((this.#stream.columns || 80) - 1, 1), height: this.#stream.rows || 24 };
  }

  draw(lines: readonly string[]): void {
    const text = lines.map((line) => line + END_OF_LINE).join('\r\n');
    this.#stream.write(`${HOLD}${HOME}${text}${END_OF_SCREEN}${SHOW}`);
  }

  /** Gives the terminal back. */
  end(): void {
    this.#stream.off('resize', this.#redraw);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#resume);
    process.off('exit', this.#leave);
    this.#leave();
  }
}
