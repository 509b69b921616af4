import { useRef } from 'preact/hooks';
import type { FleetRow } from './fleet-rows.js';

/** How long a row counts as changed; the styles fade its mark in the same time. */
const SHOWN_MS = 4000;

const signOf = ({ state, cluster, divergence }: FleetRow) =>
  `${state} ${cluster?.lastEvent?.id} ${cluster?.services.ready} ${divergence.length}`;

/** Says of a row whether it changed just now, or came. */
export function useChangedRows(rows: readonly FleetRow[]): (row: FleetRow) => boolean {
  const seen = useRef<{ rows: readonly FleetRow[]; signs: Map<string, { sign: string; at: number }> }>({
    rows: [],
    signs: new Map(),
  });
  if (seen.current.rows !== rows) {
    const { signs } = seen.current;
    const isFirst = signs.size === 0;
    const now = Date.now();
    const next = rows.map((row) => {
      const before = signs.get(row.key);
      const sign = signOf(row);
      const at = before?.sign === sign ? before.at : isFirst ? 0 : now;
      return [row.key, { sign, at }] as const;
    });
    seen.current = { rows, signs: new Map(next) };
  }
  return ({ key }) => Date.now() - (seen.current.signs.get(key)?.at ?? 0) < SHOWN_MS;
}
