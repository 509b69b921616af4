/**
 * Runs before the first paint, so that the page never flashes in the other colours. It is a script of its own because
 * the server's content security policy allows no inline script.
 */
import { applyTheme } from './state/theme-choice.js';

applyTheme();
