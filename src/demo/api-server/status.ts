/** Bodies of the API server's refusals, worded as kube-apiserver words them. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function status(code: number, reason: string, message: string, more: Record<string, unknown> = {}): Answer {
  return {
    code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      reason,
      code,
      ...more,
    },
  };
}

export const unauthorized = () => status(401, 'Unauthorized', 'Unauthorized');

/** `resource` in full form, `clusterdeployments.k0rdent.mirantis.com`; `scope` as the message ends. */
export function forbidden(verb: string, resource: string, scope: string): Answer {
  const [kind = '', ...group] = resource.split('.');
  const message = `${resource} is forbidden: User "reader" cannot ${verb} resource "${kind}" in API group "${group.join('.')}" ${scope}`;
  return status(403, 'Forbidden', message, { details: { group: group.join('.'), kind } });
}

export const notFound = (resource: string, name: string) =>
  status(404, 'NotFound', `${resource} "${name}" not found`, { details: { name, kind: resource } });

/** What kube-apiserver sends for a path that nothing serves: plain text, no Status. */
export const noSuchPath = (): Answer => ({ code: 404, body: '404 page not found\n' });

export const badSelector = (selector: string) =>
  status(400, 'BadRequest', `unable to parse requirement: found '${selector}', expected: identifier`);

export const expired = () =>
  status(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
    { metadata: { continue: 'inconsistent' } },
  );

export const tooManyRequests = () =>
  status(429, 'TooManyRequests', 'Too many requests, please try again later.', {
    details: { retryAfterSeconds: 1 },
  });

export const internalError = () =>
  status(500, 'InternalError', 'Internal error occurred: etcdserver: request timed out');

export const unavailable = () =>
  status(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
