import type { Routes } from '../parts.js';

export const streamRoutes: Routes = () => undefined;
