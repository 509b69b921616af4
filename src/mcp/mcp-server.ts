import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import {
  CLIENT_INFO_META_KEY,
  McpServer,
  type ServerContext,
  type StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { toJSONSchema } from 'zod/v4/core';
import { isMap } from '../model/value/value.js';
import { PACKAGE_ROOT } from '../package-root.js';
import { agentOf, type Client } from './agent.js';
import { fitted } from './answers/fitted.js';
import { failedResult, toolResult } from './answers/tool-result.js';
import { Calls } from './calls.js';
import { INSTRUCTIONS } from './instructions.js';
import type { McpParts } from './parts.js';
import { registerSubjects } from './resources/subject-resources.js';
import { explainTool, statusTool } from './tools/cluster-tools.js';
import { listTool, logTool } from './tools/record-tools.js';
import { diffTool, getTool, historyTool } from './tools/state-tools.js';
import type { Tool } from './tools/tool.js';
import { proposeTool, pushEventTool, setTool } from './tools/write-tools.js';

/** Largest message of a client, in bytes. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

const READ_TOOLS: readonly Tool[] = [
  listTool,
  getTool,
  logTool,
  historyTool,
  diffTool,
  statusTool,
  explainTool,
];
const WRITE_TOOLS: readonly Tool[] = [pushEventTool, setTool];

/** A server that answers on its streams. */
export interface RunningMcp {
  /** Resolves when the client has gone. */
  readonly ended: Promise<void>;
  /** Starts no more calls, drops those that wait for their turn, and waits for those that work. */
  readonly stop: () => Promise<void>;
}

/**
 * Serves the Model Context Protocol on two streams, to one client.
 * @param canPropose tells whether the repository is at a forge that takes proposals; asked when the client connects
 */
export function serveMcp(
  parts: McpParts,
  { stdin, stdout }: { readonly stdin: Readable; readonly stdout: Writable },
  canPropose: () => Promise<boolean>,
): RunningMcp {
  const { now } = parts;
  const reads = new Calls({ now });
  const writes = new Calls({ now, atOnce: 1 });
  const transport = new StdioServerTransport(stdin, stdout, { maxBufferSize: MAX_MESSAGE_BYTES });
  const serving = serveStdio(
    async () => {
      const server = new McpServer(
        { name: 'kgit', title: 'kgit', version: parts.version },
        {
          instructions: INSTRUCTIONS,
          capabilities: { tools: { listChanged: false }, resources: { listChanged: false } },
        },
      );
      for (const tool of READ_TOOLS) register(server, tool, parts, reads);
      if (parts.writing !== null) {
        const proposes = (await canPropose()) ? [proposeTool] : [];
        for (const tool of [...WRITE_TOOLS, ...proposes]) register(server, tool, parts, writes);
      }
      registerSubjects(server, { parts, calls: reads });
      return server;
    },
    { transport, onerror: ({ message }) => parts.note(`the client: ${message.slice(0, 300)}`) },
  );
  const ended = new Promise<void>((resolve) => {
    const { onclose } = transport;
    transport.onclose = () => {
      onclose?.();
      resolve();
    };
  });
  return {
    ended,
    stop: async () => {
      reads.stop();
      writes.stop();
      await serving.close();
      await Promise.all([reads.idle(), writes.idle()]);
    },
  };
}

function register(server: McpServer, tool: Tool, parts: McpParts, calls: Calls): void {
  const { name, title, description, kind, hints, input, ifLate } = tool;
  server.registerTool(
    name,
    {
      ...{ title, description },
      // The tool itself checks its input, so that its error is one of kgit's.
      inputSchema: asStandard(() => toJSONSchema(input, { io: 'input' })),
      outputSchema: asStandard(() => outputSchema(kind)),
      annotations: { title, ...hints },
    },
    async (given, context) => {
      try {
        const agent = agentOf(parts.user, clientOf(server, context));
        const { document, rows } = await calls.run((turn) => tool.run(parts, given, { agent, turn }), {
          ifLate,
          cancelled: context.mcpReq.signal,
        });
        return toolResult(fitted(document, rows));
      } catch (error) {
        return failedResult(error, (bug) =>
          parts.note(`a call of ${name} failed: ${bug.stack ?? bug.message}`),
        );
      }
    },
  );
}

/** How the client introduced itself: with this request, or when it connected. */
function clientOf(server: McpServer, { mcpReq: { envelope = {} } }: ServerContext): Client | undefined {
  const { [CLIENT_INFO_META_KEY]: said }: Readonly<Record<string, unknown>> = envelope;
  const { name, version } = isMap(said) ? said : (server.server.getClientVersion() ?? {});
  if (typeof name !== 'string') return undefined;
  return { name, version: typeof version === 'string' ? version : '' };
}

type JsonSchema = Record<string, unknown>;

/** Wraps a JSON schema for the SDK, which is to check nothing by it. */
function asStandard(schema: () => JsonSchema): StandardSchemaWithJSON {
  return {
    '~standard': {
      version: 1,
      vendor: 'kgit',
      validate: (value) => ({ value }),
      jsonSchema: { input: schema, output: schema },
    },
  };
}

/** Reads the schema of a kind of result. Of several shapes, the first is that of the tools. */
function outputSchema(kind: string): JsonSchema {
  const path = join(PACKAGE_ROOT, `schemas/results/${kind}.schema.json`);
  const { $schema, anyOf, ...schema }: JsonSchema = JSON.parse(readFileSync(path, 'utf8'));
  const [shape] = Array.isArray(anyOf) ? anyOf : [];
  return { ...shape, ...schema };
}
