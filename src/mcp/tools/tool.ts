import '../../model/value/zod-settings.js';
import type * as z from 'zod/mini';
import { UsageError } from '../../errors.js';
import { isMap } from '../../model/value/value.js';
import type { Agent } from '../agent.js';
import type { Json } from '../answers/document.js';
import type { Rows } from '../answers/fitted.js';
import type { Turn } from '../calls.js';
import type { McpParts } from '../parts.js';

/** What a client may tell its user before it calls a tool. */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

/** The document that a tool answers with, and its rows if it may be cut. */
export interface Answer {
  readonly document: Json;
  readonly rows?: Rows;
}

/** Who calls a tool, and how long the call may take. */
export interface Call {
  readonly agent: Agent;
  readonly turn: Turn;
}

/** A tool as a client sees it. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** The kind of its document. */
  readonly kind: string;
  readonly hints: ToolHints;
  /** What the agent can do about a call that takes too long. */
  readonly ifLate: string;
  readonly input: z.ZodMiniType;
  /** Answers a call. Throws KgitError. */
  readonly run: (parts: McpParts, given: unknown, call: Call) => Promise<Answer>;
}

interface ToolSpec<Input> extends Omit<Tool, 'input' | 'run'> {
  readonly input: z.ZodMiniType<Input>;
  readonly answer: (parts: McpParts, input: Input, call: Call) => Promise<Answer>;
}

/** Defines a tool, whose input is checked before it answers. */
export function defineTool<Input>({ answer, ...spec }: ToolSpec<Input>): Tool {
  return { ...spec, run: (parts, given, call) => answer(parts, checkedInput(spec, given), call) };
}

/** Maximum number of faults that an error names. */
const MAX_FAULTS = 5;
/** Longest name of a key in a message, in characters. */
const MAX_SHOWN = 80;

/** Whether an argument is a mapping with the key that zod passes over; the SDK drops an argument of that name. */
function hasPrototypeKey(given: unknown): boolean {
  return (
    isMap(given) &&
    Object.values(given).some((argument) => isMap(argument) && Object.hasOwn(argument, '__proto__'))
  );
}

/** Checks the arguments of a call. Throws UsageError. */
function checkedInput<Input>(
  { name, input }: { readonly name: string; readonly input: z.ZodMiniType<Input> },
  given: unknown,
): Input {
  if (hasPrototypeKey(given)) throw wrongArguments(name, ['a key is named __proto__']);
  const parsed = input.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map(({ path, message }) => {
    const place = path.map(String).join('.').slice(0, MAX_SHOWN);
    return `${place}${place && ': '}${message.slice(0, 4 * MAX_SHOWN)}`;
  });
  throw wrongArguments(name, faults);
}

function wrongArguments(name: string, faults: readonly string[]): UsageError {
  return new UsageError(`the tool ${name} cannot take these arguments: ${faults.join('; ')}`, {
    suggestions: ['Call it again with arguments that fit its input schema'],
    data: { tool: name },
  });
}
