import type { ChildProcess } from 'node:child_process';

const KILL_AFTER_MS = 2_000;
const groups = new Set<ChildProcess>();

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended already.
  }
}

/** Notes a child that leads a process group of its own, until it ends. */
export function leadsGroup(child: ChildProcess): void {
  groups.add(child);
  child.once('close', () => groups.delete(child));
}

/** Ends a child: with all its own children (ssh, the https helper) where it leads a group; by force if it stays. */
export function stopChild(child: ChildProcess): void {
  const send = (signal: NodeJS.Signals) =>
    groups.has(child) ? signalGroup(child, signal) : void child.kill(signal);
  send('SIGTERM');
  const force = setTimeout(() => {
    send('SIGKILL');
    // A grandchild that nothing reaches must not hold the pipes open for us.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, KILL_AFTER_MS);
  child.once('close', () => clearTimeout(force));
}

/** Ends all groups, for a process that is about to end itself. */
export function stopGroups(signal: NodeJS.Signals): void {
  for (const child of groups) signalGroup(child, signal);
}
