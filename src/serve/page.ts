import type { Routes } from './parts.js';

export const pageRoutes: Routes = () => undefined;
