/** A metric with its samples, in the terms of Prometheus' text format. */
export interface Metric {
  /** Ends with the base unit, as in `kgit_last_event_timestamp_seconds`. */
  readonly name: string;
  readonly help: string;
  /** A gauge if left out. The name of a counter ends with `_total`. */
  readonly type?: 'counter';
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Formats metrics in Prometheus' text exposition format 0.0.4, for a scrape or the textfile collector of node_exporter. A
 * metric without samples is omitted: an unknown value is absent, never 0.
 */
export function prometheusLines(metrics: readonly Metric[]): string[] {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ name, help, samples, type = 'gauge' }) => [
      `# HELP ${name} ${help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')}`,
      `# TYPE ${name} ${type}`,
      ...samples.map(({ labels = {}, value }) => `${name}${labelsText(labels)} ${value}`),
    ]);
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

/** Converts ms since the epoch to seconds, the unit of Prometheus. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
