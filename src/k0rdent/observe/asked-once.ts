import type { Kubectl } from '../kubectl/kubectl.js';

/**
 * Wraps a kubectl so that each path is queried once and later callers get the same answer: several readers of one
 * observation may need the same small list, and each query is a process. Not for lists of clusters, whose pages would
 * all stay in memory.
 */
export function askedOnce(kubectl: Kubectl): Kubectl {
  const answers = new Map<string, Promise<unknown>>();
  return {
    ...kubectl,
    get: (path) => {
      const answer = answers.get(path) ?? kubectl.get(path);
      answers.set(path, answer);
      return answer;
    },
  };
}
