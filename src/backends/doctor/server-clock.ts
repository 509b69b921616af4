import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { type Check, passed, skewCheck } from '../../model/value/check.js';
import type { Inspection } from '../../store/port/driver.js';
import type { HostPort, ServerTls } from '../server/server-place.js';

/** HTTP tells whole seconds: half of one is the best guess of the rest. */
const HALF_SECOND_MS = 500;

/** Reads the time in the headers of an answer, in ms since the epoch; null if it has none. */
export function timeOf(date: string | undefined): number | null {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? null : time + HALF_SECOND_MS;
}

/** Asks a server that speaks HTTP for its time, in ms since the epoch; null if it does not tell. */
export function serverTime(
  { host, port }: HostPort,
  tls: ServerTls | undefined,
  path: string,
  timeoutMs: number,
): Promise<number | null> {
  return new Promise((resolve) => {
    const send = tls ? secureRequest : plainRequest;
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = send({ host, port, path, agent: false, signal, ...tls }, (answer) => {
      resolve(timeOf(answer.headers.date));
      answer.destroy();
    });
    // Other checks tell why a server does not answer.
    sent.on('error', () => resolve(null));
    sent.end();
  });
}

/** Compares this clock with the server's, in ms since the epoch; null if that is unknown. */
export function clockCheck({ clock }: Pick<Inspection, 'clock'>, time: number | null): Check {
  return time === null ? passed('clock', 'the server does not tell its time') : skewCheck(clock.now() - time);
}
