import type { TextStream } from './standard-streams.js';
import { guarded, type Style, styleFor } from './style.js';
import { oneLine, terminalJson, terminalText } from './terminal-text.js';

export const FORMATS = ['text', 'wide', 'json', 'yaml', 'jsonl', 'name'] as const;
/** The formats of every command, and the extra ones that a few commands have. */
export type Format = (typeof FORMATS)[number] | 'prometheus' | 'md';

/** How text is shown on an output stream. */
export interface Screen {
  readonly style: Style;
  /** Columns of the terminal; null if the output is not a terminal. */
  readonly width: number | null;
  readonly utc: boolean;
  /** Whether tables omit their headings. */
  readonly noHeaders?: boolean;
}

/**
 * Describes how to show text on standard output.
 * @param environment the user's environment, for colour settings
 */
export function screenOf(
  stdout: Pick<TextStream, 'isTTY' | 'columns'>,
  environment: Readonly<Record<string, string | undefined>>,
  utc: boolean,
): Screen {
  // A terminal whose size was never set reports 0 columns.
  const width = stdout.isTTY ? stdout.columns || 80 : null;
  return { style: styleFor(stdout.isTTY === true, environment), width, utc };
}

/** A command's result: JSON for scripts, and the ways to show it to people. */
export interface CommandResult {
  /** The JSON result without the keys common to all results. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Lines for people; `wide` includes all columns. */
  readonly lines: (screen: Screen, wide: boolean) => readonly string[];
  /**
   * Whether the lines are data that a script gets byte for byte; on a terminal, control characters are still removed.
   */
  readonly isExact?: boolean;
  /** Lines that `-o name` prints. */
  readonly names?: readonly string[];
  /** Rows that `-o jsonl` prints, one per line; the whole result if omitted. */
  readonly rows?: readonly unknown[];
  /** Printers for the extra formats that this command supports. */
  readonly others?: Readonly<Partial<Record<Format, () => readonly string[]>>>;
  /** Exit code of a command that succeeded but exits with a code other than 0. */
  readonly exitCode?: number;
}

/** The kind of a command's result: `push-event` gives `PushEventResult`. */
export function resultKind(id: string): string {
  const words = id.split(/[-:]/);
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Result`;
}

/** Formats a result as lines. */
export async function formatResult(
  result: CommandResult,
  whole: Readonly<Record<string, unknown>>,
  format: Format,
  screen: Screen,
): Promise<readonly string[]> {
  const isTerminal = screen.width !== null;
  switch (format) {
    case 'json':
      return [shownJson(JSON.stringify(whole, null, 2), isTerminal)];
    case 'jsonl':
      return (result.rows ?? [whole]).map((row) => shownJson(JSON.stringify(row), isTerminal));
    case 'yaml': {
      const { formatYaml } = await import('../model/yaml/yaml.js');
      const text = formatYaml(JSON.parse(JSON.stringify(whole))).trimEnd();
      return [isTerminal ? terminalText(text) : text];
    }
    case 'name':
      return isTerminal ? (result.names ?? []).map(oneLine) : (result.names ?? []);
    default: {
      const other = result.others?.[format]?.();
      if (other) return isTerminal ? other.map(terminalText) : other;
      const lines = result.lines(screen, format === 'wide');
      if (result.isExact) return isTerminal ? lines.map(terminalText) : lines;
      const safe = lines.map((line) => guarded(line, screen.style));
      const { width } = screen;
      if (width === null) return safe;
      const { fitLine } = await import('./fit-line.js');
      return safe.flatMap((line) => line.split('\n').flatMap((one) => fitLine(one, width)));
    }
  }
}

/** Returns JSON unchanged for a script, and with control characters escaped for a terminal. */
export function shownJson(json: string, isTerminal: boolean): string {
  return isTerminal ? terminalJson(json) : json;
}
