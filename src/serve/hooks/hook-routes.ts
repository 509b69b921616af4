import type { Routes } from '../parts.js';

export const hookRoutes: Routes = () => undefined;
