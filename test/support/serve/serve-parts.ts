import type { ServeParts } from '../../../src/serve/parts.js';
import { temporaryFolder } from '../git-fixtures.js';
import { type MemoryMonitor, memoryMonitor } from './memory-monitor.js';

/** What routes are given in a test: a monitor in memory, and the faults that were reported. */
export interface TestParts extends ServeParts {
  readonly monitor: MemoryMonitor;
  readonly faults: Error[];
}

export async function testParts(more: Partial<ServeParts> = {}): Promise<TestParts> {
  const faults: Error[] = [];
  return {
    version: '0.0.0-test',
    now: () => Date.now(),
    stopping: new AbortController().signal,
    pageFolder: temporaryFolder(),
    onFault: (error) => faults.push(error),
    ...more,
    monitor: await memoryMonitor(),
    faults,
  };
}
