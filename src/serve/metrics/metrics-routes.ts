import { statusMetrics } from '../../cli/render/status/status-metrics.js';
import { prometheusLines } from '../../terminal/prometheus.js';
import type { Routes } from '../parts.js';
import { countFetches } from './fetch-counts.js';
import { notificationMetrics } from './notification-metrics.js';
import { processMetrics } from './process-metrics.js';
import { serverMetrics } from './server-metrics.js';

/** `/metrics` in Prometheus' text format: the rows of `kgit status -o prometheus`, and those of the server itself. */
export const metricsRoutes: Routes = (app, { monitor, version, streams, targets }) => {
  const counts = countFetches(monitor);
  app.get('/metrics', (c) => {
    const lines = [
      ...statusMetrics(monitor.fleet.report),
      ...prometheusLines([
        ...serverMetrics(monitor, version, counts(), streams.size),
        ...notificationMetrics(targets?.() ?? []),
        ...processMetrics(),
      ]),
    ];
    const headers = {
      'Cache-Control': 'no-store',
      'Content-Type': 'text/plain; version=0.0.4; charset=utf-8',
    };
    return c.body(`${lines.join('\n')}\n`, 200, headers);
  });
};
