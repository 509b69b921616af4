import { onReaderGone } from '../terminal/standard-output.js';
import { EndSignals } from './end-signals.js';

/** Why a watch was stopped that nobody reads. */
export const READER_GONE = 'nobody reads the output any more';

/** Aborted when a signal asks the watch to end, or when nobody reads any more what it tells. */
export function stoppedFromOutside(): AbortController {
  const stop = new AbortController();
  new EndSignals().to(() => stop.abort());
  onReaderGone(() => stop.abort(READER_GONE));
  process.once('exit', () => stop.abort());
  return stop;
}
