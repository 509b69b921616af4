import { type Resource, useResource } from '../api/resource.js';
import type { ServerResult } from '../api/results.js';
import type { Topic } from '../api/stream.js';

const TOPICS: readonly Topic[] = ['server'];

/** What the server says about its parts. */
export function useServer(): Resource<ServerResult> {
  return useResource('ServerResult', '/api/v1/server', TOPICS);
}
