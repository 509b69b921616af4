import { guarded, type Style, styleFor } from './style.js';
import { oneLine, terminalJson, terminalText } from './terminal-text.js';

export const FORMATS = ['text', 'wide', 'json', 'yaml', 'jsonl', 'name'] as const;
/** The formats of every command, and those that a few have beside them. */
export type Format = (typeof FORMATS)[number] | 'prometheus' | 'md';

/** How a stream shows text. */
export interface Screen {
  readonly style: Style;
  /** Columns of the terminal; null where the output is none. */
  readonly width: number | null;
  readonly utc: boolean;
  /** Whether tables leave their headings out. */
  readonly noHeaders?: boolean;
}

/** How standard output shows text. @param environment the user's, for colours */
export function screenOf(
  stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  environment: Readonly<Record<string, string | undefined>>,
  utc: boolean,
): Screen {
  // A terminal that nobody has told its size has 0 columns.
  const width = stdout.isTTY ? stdout.columns || 80 : null;
  return { style: styleFor(stdout.isTTY === true, environment), width, utc };
}

/** What a command gives back: its result for scripts, and the ways to show it to people. */
export interface CommandResult {
  /** The keys of the JSON result, without those that every result has. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Lines for people; `wide` asks for all columns. */
  readonly lines: (screen: Screen, wide: boolean) => readonly string[];
  /** The lines are data that a script gets byte for byte; a terminal is still guarded. */
  readonly isExact?: boolean;
  /** What `-o name` prints, one a line. */
  readonly names?: readonly string[];
  /** What `-o jsonl` prints, one a line; the whole result where left out. */
  readonly rows?: readonly unknown[];
  /** What the formats print that this command has beside those of all. */
  readonly others?: Readonly<Partial<Record<Format, () => readonly string[]>>>;
  /** Ends the command with this code although it did what it should. */
  readonly exitCode?: number;
}

/** The kind of a command's result: `push-event` gives `PushEventResult`. */
export function resultKind(id: string): string {
  const words = id.split(/[-:]/);
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Result`;
}

/** The lines of a result in a format. */
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

/** JSON as a script gets it, or as a terminal may. */
export function shownJson(json: string, isTerminal: boolean): string {
  return isTerminal ? terminalJson(json) : json;
}
