import type { Routes } from '../parts.js';

export const apiRoutes: Routes = () => undefined;
