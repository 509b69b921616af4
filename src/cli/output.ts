import type { Style } from './style.js';

export const FORMATS = ['text', 'wide', 'json', 'yaml', 'jsonl', 'name'] as const;
export type Format = (typeof FORMATS)[number];

/** How a stream shows text. */
export interface Screen {
  readonly style: Style;
  /** Columns of the terminal; null where the output is none. */
  readonly width: number | null;
  readonly utc: boolean;
}

/** What a command gives back: its result for scripts, and the ways to show it to people. */
export interface CommandResult {
  /** The keys of the JSON result, without those that every result has. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Lines for people; `wide` asks for all columns. */
  readonly lines: (screen: Screen, wide: boolean) => readonly string[];
  /** What `-o name` prints, one a line. */
  readonly names?: readonly string[];
  /** What `-o jsonl` prints, one a line; the whole result where left out. */
  readonly rows?: readonly unknown[];
  /** Ends the command with this code although it did what it should. */
  readonly exitCode?: number;
}

/** The lines of a result in a format. */
export async function formatResult(
  result: CommandResult,
  whole: Readonly<Record<string, unknown>>,
  format: Format,
  screen: Screen,
): Promise<readonly string[]> {
  switch (format) {
    case 'json':
      return [JSON.stringify(whole, null, 2)];
    case 'jsonl':
      return (result.rows ?? [whole]).map((row) => JSON.stringify(row));
    case 'yaml': {
      const { formatYaml } = await import('../model/yaml.js');
      return [formatYaml(JSON.parse(JSON.stringify(whole))).trimEnd()];
    }
    case 'name':
      return result.names ?? [];
    default:
      return result.lines(screen, format === 'wide');
  }
}
