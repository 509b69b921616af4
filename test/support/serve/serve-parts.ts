import { Access, type AccessRules } from '../../../src/serve/access/access.js';
import type { ServeParts } from '../../../src/serve/parts.js';
import { OpenStreams } from '../../../src/serve/stream/open-streams.js';
import { temporaryFolder } from '../git-fixtures.js';
import { type MemoryMonitor, memoryMonitor } from './memory-monitor.js';

/** What routes are given in a test: a monitor in memory, and the faults that were reported. */
export interface TestParts extends ServeParts {
  readonly monitor: MemoryMonitor;
  readonly faults: Error[];
}

/** Access by these rules; without any, everybody is let in. */
export function testAccess(rules: Partial<AccessRules> = {}, now: () => number = () => Date.now()): Access {
  return new Access({ token: null, proxyHeader: null, allowedHosts: [], ...rules }, now);
}

export async function testParts(more: Partial<ServeParts> = {}): Promise<TestParts> {
  const faults: Error[] = [];
  const monitor = await memoryMonitor();
  return {
    version: '0.0.0-test',
    now: () => Date.now(),
    access: testAccess(),
    hookSecret: null,
    streams: new OpenStreams(monitor),
    stopping: new AbortController().signal,
    pageFolder: temporaryFolder(),
    onFault: (error) => faults.push(error),
    ...more,
    monitor,
    faults,
  };
}
