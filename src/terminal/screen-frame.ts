const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const END_OF_SCREEN = '\u001b[J';
/** Synchronized output: terminals that support it show a frame only once it is complete; others ignore it. */
const [HOLD, SHOW] = ['\u001b[?2026h', '\u001b[?2026l'];

type Stream = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'on' | 'off'>;

export interface Size {
  /** One column less than the terminal has: clearing the rest of a full line would erase its last character. */
  readonly width: number;
  readonly height: number;
}

/** Draws frames on a terminal's alternate screen, each in a single write, and restores the terminal at the end. */
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

  /** @param redraw called when the terminal is resized, and when the process resumes after Ctrl-Z */
  constructor(stream: Stream, redraw: () => void) {
    this.#stream = stream;
    this.#redraw = redraw;
    stream.write(ENTER);
    stream.on('resize', redraw);
    process.on('SIGTSTP', this.#suspend);
    process.on('SIGCONT', this.#resume);
    // Restores the terminal however the process ends.
    process.on('exit', this.#leave);
  }

  get size(): Size {
    // A terminal whose size was never set reports 0 columns and rows.
    return { width: Math.max((this.#stream.columns || 80) - 1, 1), height: this.#stream.rows || 24 };
  }

  draw(lines: readonly string[]): void {
    const text = lines.map((line) => line + END_OF_LINE).join('\r\n');
    this.#stream.write(`${HOLD}${HOME}${text}${END_OF_SCREEN}${SHOW}`);
  }

  /** Restores the terminal. */
  end(): void {
    this.#stream.off('resize', this.#redraw);
    process.off('SIGTSTP', this.#suspend);
    process.off('SIGCONT', this.#resume);
    process.off('exit', this.#leave);
    this.#leave();
  }
}
