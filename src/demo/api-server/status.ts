/** The API server's error responses, worded as by kube-apiserver. */
export interface Answer {
  readonly code: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

function status(
  code: number,
  reason: string | null,
  message: string,
  more: Record<string, unknown> = {},
): Answer {
  return {
    code,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason === null ? {} : { reason }),
      code,
      ...more,
    },
  };
}

export const unauthorized = () => status(401, 'Unauthorized', 'Unauthorized');

/** The `details` of a Status. */
function details(resource: string, name?: string): Record<string, unknown> {
  const [kind = '', ...group] = resource.split('.');
  return {
    details: {
      ...(name === undefined ? {} : { name }),
      ...(group.length === 0 ? {} : { group: group.join('.') }),
      kind,
    },
  };
}

/**
 * `resource` in full form: `clusterdeployments.k0rdent.mirantis.com`; `scope` is the end of the message; `name` is that
 * of one object.
 */
export function forbidden(verb: string, resource: string, scope: string, name?: string): Answer {
  const [kind = '', ...group] = resource.split('.');
  const what = name === undefined ? resource : `${resource} "${name}"`;
  const message = `${what} is forbidden: User "reader" cannot ${verb} resource "${kind}" in API group "${group.join('.')}" ${scope}`;
  return status(403, 'Forbidden', message, details(resource, name));
}

export const notFound = (resource: string, name: string) =>
  status(404, 'NotFound', `${resource} "${name}" not found`, details(resource, name));

/** kube-apiserver's response for an unknown path: plain text, no Status. */
export const noSuchPath = (): Answer => ({ code: 404, body: '404 page not found\n' });

export const badSelector = (selector: string) =>
  status(
    400,
    'BadRequest',
    `unable to parse requirement: found '${selector.match(/^[!=<>(),]/)?.[0] ?? selector}', expected: identifier`,
  );

export const badField = (field: string) => status(400, 'BadRequest', `field label not supported: ${field}`);

export const badContinue = () =>
  status(
    400,
    'BadRequest',
    "invalid continue token: continue key is not valid: invalid character 'm' looking for beginning of value",
  );

export const badVersion = (version: string) =>
  status(
    400,
    'BadRequest',
    `invalid resource version: resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`,
  );

export const badWatchVersion = (version: string) =>
  status(
    500,
    null,
    `resourceVersion: Invalid value: "${version}": strconv.ParseUint: parsing "${version}": invalid syntax`,
  );

/** For a list at a future version: the real server waits some seconds for it, then responds with this. */
export const tooLargeVersion = (version: string, current: number): Answer => ({
  ...status(504, 'Timeout', `Timeout: Too large resource version: ${version}, current: ${current}`, {
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  }),
  headers: { 'retry-after': '1' },
});

export const expired = () =>
  status(
    410,
    'Expired',
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { metadata: { continue: 'inconsistent' } },
  );

/** For a watch from a version that is no longer known; `oldest` is the first known one. */
export const tooOldVersion = (version: string, oldest: number) =>
  status(410, 'Expired', `too old resource version: ${version} (${oldest})`);

/** The response of a server that has just started and does not serve all paths yet; `retry-after` makes kubectl retry. */
export const starting = (): Answer => ({
  ...status(
    503,
    'ServiceUnavailable',
    'the request has been made before all known HTTP paths have been installed, please try again',
    { details: { retryAfterSeconds: 5 } },
  ),
  headers: { 'retry-after': '5' },
});

export const unavailable = () =>
  status(503, 'ServiceUnavailable', 'the server is currently unable to handle the request');
