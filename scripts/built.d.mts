export function isBuilt(root: string): boolean;
export function beginBuild(root: string): () => void;
