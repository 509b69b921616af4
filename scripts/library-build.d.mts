import type { BuildOptions } from 'esbuild';

export declare const SMALL: { readonly minifyWhitespace: true; readonly lineLimit: number };
export declare const libraryBuild: BuildOptions;
