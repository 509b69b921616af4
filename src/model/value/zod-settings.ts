/** zod/mini, because the bundle then contains only what is used: loading all of zod takes longer than a command runs. */
import { config } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

// Compiled checks pay off when they run often; most runs check a single operation.
config({ ...en(), jitless: true });
