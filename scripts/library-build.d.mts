import type { BuildOptions } from 'esbuild';

export declare const libraryBuild: BuildOptions;
