import type { Routes } from '../parts.js';

export const metricsRoutes: Routes = () => undefined;
