import { type CallToolResult, Client, type ClientOptions } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { PROGRAM } from '../kgit.js';
import { checkResult } from '../schemas.js';

export interface McpOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly name?: string;
  readonly client?: ClientOptions;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape
type Json = any;

/** A built `kgit mcp`, and the SDK's client that talks with it. */
export interface RunningMcp {
  readonly client: Client;
  readonly pid: number;
  /** What it has told on stderr. */
  readonly stderr: () => string;
  /** Calls a tool, checks its document against its schema, and returns it. */
  readonly call: (tool: string, args?: Record<string, unknown>) => Promise<Json>;
  readonly close: () => Promise<void>;
}

function checkedDocument({ content, structuredContent, isError }: CallToolResult): Json {
  const [only, ...others] = content;
  if (others.length > 0 || only?.type !== 'text') throw new Error('a result has one text');
  const document = JSON.parse(only.text);
  checkResult(document);
  if ((isError === true) !== (document.kind === 'Error')) throw new Error('a failure is marked so');
  // An agent is never told how a person gets past the guard against secrets.
  if (only.text.includes('allow-secret')) throw new Error('an answer offers --allow-secret');
  // Clients of the first SDK hold it against the schema of the tool's answers, also in a failure.
  const structured = isError ? undefined : only.text;
  if (JSON.stringify(structuredContent) !== structured) throw new Error('the two forms differ');
  return document;
}

/** Starts the built program's server and connects the SDK's client with it. */
export async function runningMcp(
  cwd: string,
  { args = [], env = {}, name = 'test-agent', client: options }: McpOptions = {},
): Promise<RunningMcp> {
  const inherited = Object.entries(process.env).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [PROGRAM, 'mcp', ...args],
    env: { ...Object.fromEntries(inherited), ...env },
    cwd,
    stderr: 'pipe',
  });
  let stderr = '';
  transport.stderr?.on('data', (data) => {
    stderr += data;
  });
  const client = new Client({ name, version: '1.2.3' }, options);
  await client.connect(transport, { timeout: 240_000 });
  return {
    client,
    pid: transport.pid ?? 0,
    stderr: () => stderr,
    call: async (tool, given = {}) =>
      checkedDocument(await client.callTool({ name: tool, arguments: given }, { timeout: 240_000 })),
    close: () => client.close(),
  };
}
