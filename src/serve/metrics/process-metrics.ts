import type { Metric } from '../../terminal/prometheus.js';

/** Returns the metrics of this process, by the names that Prometheus' client libraries use. */
export function processMetrics(): readonly Metric[] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const gauge = (name: string, help: string, value: number): Metric => ({ name, help, samples: [{ value }] });
  return [
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_used_bytes', 'JavaScript heap that is used.', heapUsed),
    gauge(
      'nodejs_external_memory_bytes',
      'Memory outside of the heap, such as the events in memory.',
      external,
    ),
    { ...gauge('process_cpu_seconds_total', 'Time of processors.', (user + system) / 1e6), type: 'counter' },
  ];
}
