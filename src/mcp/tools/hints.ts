import type { ToolHints } from './tool.js';

/** Of tools that read the repository. */
export const READS: ToolHints = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};

/** Of tools that ask k0rdent too. */
export const ASKS: ToolHints = { ...READS, openWorldHint: true };
