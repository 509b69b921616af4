import type { Wait, Waits } from '../../store/port/host.js';
import type { TextStream } from '../../terminal/standard-streams.js';
import { styleFor } from '../../terminal/style.js';
import { oneLine, terminalText } from '../../terminal/terminal-text.js';

/** Time until a wait is shown, in ms. */
const TOLD_AFTER_MS = 1_000;
const FRAME_MS = 100;
/** Maximum number of notes that a long-running command holds back. */
const MOST_KEPT = 20;
const FRAMES = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'];
const CLEAR = '\r\u001b[K';

/**
 * Functions that measure text. Loaded only for a terminal, since loading takes as long as the rest of a small command.
 */
type Fitting = Pick<typeof import('../../terminal/fit-line.js'), 'fitLine'> &
  Pick<typeof import('../../terminal/table.js'), 'clip'>;

interface Told {
  readonly what: string;
  readonly asks: boolean;
  readonly began: number;
  text: string | null;
}

/**
 * What a command prints on stderr besides its result: notes and, on a terminal, one temporary line that shows progress
 * and waits.
 */
export class SideNotes implements Waits {
  readonly #stream: TextStream;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #isQuiet: () => boolean;
  readonly #isAttended: boolean;
  readonly #waits: Told[] = [];
  readonly #noted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #fit: Fitting | null = null;
  #frame = 0;
  #isShown = false;
  #held: string[] | null = null;
  #onHeld: ((message: string) => void) | undefined;

  /**
   * @param isQuiet whether the user wants no notes
   * @param isAttended whether somebody may be watching the terminal; false in CI
   */
  constructor(
    { stderr, env }: { readonly stderr: TextStream } & Pick<NodeJS.Process, 'env'>,
    isQuiet: () => boolean,
    isAttended: boolean,
  ) {
    this.#stream = stderr;
    this.#environment = env;
    this.#isQuiet = isQuiet;
    this.#isAttended = isAttended;
  }

  /** Loads the functions that fit text to the terminal, if stderr is one. */
  async prepare(): Promise<void> {
    if (this.#stream.isTTY !== true) return;
    const [{ fitLine }, { clip }] = await Promise.all([
      import('../../terminal/fit-line.js'),
      import('../../terminal/table.js'),
    ]);
    this.#fit = { fitLine, clip };
  }

  /** Prints a note for the user that is not part of the result. */
  note(message: string): void {
    if (this.#isQuiet()) return;
    if (this.#held !== null) {
      this.#held.push(message);
      if (this.#onHeld !== undefined && this.#held.length > MOST_KEPT) this.#held.shift();
      this.#onHeld?.(message);
      return;
    }
    const { isTTY, columns } = this.#stream;
    const style = styleFor(isTTY === true, this.#environment);
    const fit = this.#fit;
    const lines = terminalText(message)
      .split('\n')
      .flatMap((line) => (fit !== null && columns ? fit.fitLine(line, columns) : line));
    this.clear();
    this.#stream.write(`${lines.map((line) => style('dim', line)).join('\n')}\n`);
  }

  /** Prints a note once, since a long-running command opens the repository repeatedly. */
  noteOnce(message: string): void {
    if (!this.#noted.has(message)) this.note(message);
    this.#noted.add(message);
  }

  /**
   * Holds notes back, and writes nothing else, until the returned function is called.
   * @param onNote for a long-running command: receives each note, and only the last ones are kept
   */
  hold(onNote?: (message: string) => void): () => void {
    this.clear();
    this.#held = [];
    this.#onHeld = onNote;
    return () => {
      this.#onHeld = undefined;
      const held = this.#held ?? [];
      this.#held = null;
      for (const message of held) this.note(message);
    };
  }

  /** Whether stderr is a terminal whose line can be overwritten, and somebody is watching. */
  get #hasLine(): boolean {
    const { TERM } = this.#environment;
    return (
      this.#held === null &&
      this.#isAttended &&
      this.#stream.isTTY === true &&
      TERM !== 'dumb' &&
      !this.#isQuiet()
    );
  }

  /** Shows the progress of a long command at once. */
  progress(message: string): void {
    if (this.#hasLine) this.#show(message);
  }

  begin(what: string, asks: boolean): Wait {
    if (!this.#hasLine) return { progress: () => undefined, end: () => undefined };
    const told: Told = { what, asks, began: performance.now(), text: null };
    this.#waits.push(told);
    this.#timer ??= setInterval(() => this.#tick(), FRAME_MS).unref();
    return {
      progress: (text) => {
        told.text = text;
      },
      end: () => {
        const at = this.#waits.indexOf(told);
        if (at >= 0) this.#waits.splice(at, 1);
        if (this.#waits.length > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
        this.clear();
      },
    };
  }

  #tick(): void {
    if (this.#held !== null) return;
    const told = this.#waits.at(-1);
    if (told === undefined) return;
    const ms = performance.now() - told.began;
    if (ms < TOLD_AFTER_MS) return;
    // ssh or a kubectl login may be showing a question there: it is neither overwritten nor cleared.
    if (told.asks && told.text === null) {
      if (!this.#isShown) this.#stream.write(`${oneLine(told.what)} … `);
      this.#isShown = true;
      return;
    }
    const frame = FRAMES[this.#frame++ % FRAMES.length];
    this.#show(`${frame} ${told.what}: ${told.text ?? `${Math.floor(ms / 1000)}s`}`);
  }

  #show(text: string): void {
    // A terminal of unknown size reports 0 columns.
    const columns = (this.#stream.columns || 80) - 1;
    this.#stream.write(`${CLEAR}${this.#fit?.clip(oneLine(text), columns) ?? ''}`);
    this.#isShown = true;
  }

  /** Clears the temporary line. */
  clear(): void {
    if (this.#isShown) this.#stream.write(CLEAR);
    this.#isShown = false;
  }
}
