import type { Kubectl } from '../kubectl/kubectl.js';

/**
 * The same kubectl, which asks for each path once and gives the same answer to all who ask again: several readers of
 * one observation may need one small list, and each question is a process. Not for lists of clusters, whose pages
 * would all stay in memory.
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
