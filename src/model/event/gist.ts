import type { KgitEvent } from './event.js';

/** What an event says in a few words: its message, else reason, changes, parameters. */
export function gist(event: KgitEvent): string {
  if (event.message) return event.message;
  const parts: string[] = [];
  if (event.reason) parts.push(event.reason);
  for (const { path, after, secret, removed } of (event.changes ?? []).slice(0, 3)) {
    parts.push(
      secret && !removed
        ? `${path}=<secret>`
        : after === undefined
          ? `-${path}`
          : `${path}=${typeof after === 'object' ? '…' : String(after)}`,
    );
  }
  if ((event.changes?.length ?? 0) > 3) parts.push(`and ${(event.changes?.length ?? 0) - 3} more`);
  for (const [key, value] of Object.entries(event.parameters ?? {}))
    parts.push(`${key}=${typeof value === 'object' ? '…' : String(value)}`);
  return parts.join(', ');
}
