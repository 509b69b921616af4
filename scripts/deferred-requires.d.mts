import type { Plugin } from 'esbuild';

export declare const deferDebug: Plugin;
export declare function deferBuiltins(names: readonly string[]): Plugin;
