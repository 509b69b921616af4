/** zod is used in its small form, of which the bundle takes what is called alone: all of it takes longer to load than a command to run. */
import { config } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

// Compiling a check pays for one that runs often; most runs check one event.
config({ ...en(), jitless: true });
