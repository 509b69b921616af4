import { useEffect, useState } from 'preact/hooks';
import { createStore } from './store.js';

let offset = 0;

/** Now by the server's clock, in ms since the epoch: ages are right even if the clock of this machine is not. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Learns the server's clock from the `Date` of an answer, which has whole seconds. */
export function learnServerTime(date: string | null): void {
  const time = Date.parse(date ?? '');
  if (Number.isNaN(time)) return;
  const difference = time - Date.now();
  offset = Math.abs(difference) < TOLERANCE_MS ? 0 : difference;
}
const TOLERANCE_MS = 2000;

/** Changes every few seconds: what shows an age follows it. */
export const clock = createStore(serverNow());

const TICK_MS = 5000;

export function startClock(): void {
  setInterval(() => {
    if (!document.hidden) clock.set(serverNow());
  }, TICK_MS);
  document.addEventListener('visibilitychange', () => clock.set(serverNow()));
}

/** Now by the server's clock, in ms since the epoch, anew each second: for what counts up or down. */
export function useEachSecond(): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(serverNow());
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
