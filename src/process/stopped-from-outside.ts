import { onReaderGone } from '../terminal/standard-streams.js';
import { EndSignals } from './end-signals.js';

/** The reason for stopping a watch whose reader is gone. */
export const READER_GONE = 'nobody reads the output any more';

/** A controller that aborts when a signal asks the watch to end, or when nobody reads its output any more. */
export function stoppedFromOutside(): AbortController {
  const stop = new AbortController();
  new EndSignals().to(() => stop.abort());
  onReaderGone(() => stop.abort(READER_GONE));
  process.once('exit', () => stop.abort());
  return stop;
}
