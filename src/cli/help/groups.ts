/** The commands grouped by task, in the order in which help shows them. */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Start: ['demo', 'init', 'clone', 'doctor', 'config', 'completion', 'version'],
  Record: ['push-event', 'run', 'log', 'watch', 'list', 'backfill', 'mcp'],
  State: ['get', 'set', 'unset', 'edit', 'phase', 'history', 'diff', 'rollback'],
  Clusters: ['status', 'serve', 'show', 'wait', 'identify'],
  Team: ['sync', 'outbox', 'lock', 'unlock', 'locks', 'compact', 'backup', 'restore', 'secrets', 'notify'],
  Review: ['validate', 'verify', 'resolve', 'hooks'],
  'Move over': ['import', 'mirror', 'export', 'shell-init', 'migrate'],
};
