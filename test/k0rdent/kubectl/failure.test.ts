import { describe, expect, it } from 'vitest';
import { clusterFailure } from '../../../src/k0rdent/kubectl/cluster-failure.js';
import { classifyFailure, type FailureCause } from '../../../src/k0rdent/kubectl/failure.js';

const FORBIDDEN =
  'Error from server (Forbidden): clusterdeployments.k0rdent.mirantis.com is forbidden: User "reader" cannot list resource "clusterdeployments" in API group "k0rdent.mirantis.com" at the cluster scope';
const PLUGIN = `Unable to connect to the server: getting credentials: exec: executable gke-gcloud-auth-plugin not found

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
`;

/** What kubectl 1.20, 1.27, 1.32 and 1.33 printed; where they differ, all their forms. */
const RECORDED: readonly [string, FailureCause][] = [
  ['error: You must be logged in to the server (Unauthorized)', 'unauthorized'],
  [
    'error: You must be logged in to the server (the server has asked for the client to provide credentials)',
    'unauthorized',
  ],
  [FORBIDDEN, 'forbidden'],
  ['Error from server (NotFound): the server could not find the requested resource', 'not-found'],
  ['Error from server (NotFound): clusterdeployments.k0rdent.mirantis.com "y" not found', 'not-found'],
  ['Error from server (Expired): The provided continue parameter is too old', 'expired'],
  ["Error from server (BadRequest): unable to parse requirement: found '!!'", 'bad-request'],
  ['Error from server (TooManyRequests): Too many requests, please try again later.', 'throttled'],
  [
    'Error from server (InternalError): Internal error occurred: etcdserver: request timed out',
    'server-error',
  ],
  [
    'Error from server (ServiceUnavailable): the server is currently unable to handle the request',
    'server-error',
  ],
  ['Error from server: etcdserver: leader changed', 'server-error'],
  [
    'The connection to the server localhost:8080 was refused - did you specify the right host or port?',
    'refused',
  ],
  [
    'Unable to connect to the server: dial tcp: lookup no-such-host.invalid on 192.0.2.53:53: no such host',
    'dns',
  ],
  ['Unable to connect to the server: x509: certificate signed by unknown authority', 'tls'],
  [
    'Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'tls',
  ],
  [
    "Unable to connect to the server: x509: cannot validate certificate for 192.0.2.1 because it doesn't contain any IP SANs",
    'tls',
  ],
  ['Unable to connect to the server: http: server gave HTTP response to HTTPS client', 'tls'],
  ['Unable to connect to the server: context deadline exceeded', 'timeout'],
  [
    'Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'timeout',
  ],
  [
    'Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)',
    'timeout',
  ],
  ['Unable to connect to the server: dial tcp 192.0.2.1:6443: i/o timeout', 'timeout'],
  ['Unable to connect to the server: dial tcp 192.0.2.1:6443: connect: no route to host', 'unreachable'],
  ['Unable to connect to the server: EOF', 'connection-cut'],
  ['error: unexpected EOF', 'connection-cut'],
  ['error: EOF', 'no-credentials'],
  // Of an answer that had begun: Go's net/http and http2, the system's words in them.
  [
    'error: http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR, debug=""',
    'connection-cut',
  ],
  ['error: http2: client connection lost', 'connection-cut'],
  ['error: http2: client connection force closed via ClientConn.Close', 'connection-cut'],
  ['error: http2: Transport received GOAWAY from server ErrCode:ENHANCE_YOUR_CALM', 'connection-cut'],
  ['error: stream error: stream ID 1; INTERNAL_ERROR; received from peer', 'connection-cut'],
  ['error: stream error: stream ID 3; CANCEL', 'connection-cut'],
  ['error: connection error: PROTOCOL_ERROR', 'connection-cut'],
  ['error: read tcp 192.0.2.9:50412->192.0.2.1:6443: read: connection reset by peer', 'connection-cut'],
  ['error: read tcp 192.0.2.9:50412->192.0.2.1:6443: read: connection timed out', 'connection-cut'],
  ['error: read tcp 192.0.2.9:50412->192.0.2.1:6443: read: operation timed out', 'connection-cut'],
  ['error: read tcp 192.0.2.9:50412->192.0.2.1:6443: use of closed network connection', 'connection-cut'],
  ['error: write tcp 192.0.2.9:50412->192.0.2.1:6443: write: broken pipe', 'connection-cut'],
  ['error: read tcp 192.0.2.9:50412->192.0.2.1:6443: read: no route to host', 'unreachable'],
  ['error: read tcp 192.0.2.9:50412->192.0.2.1:6443: read: network is unreachable', 'unreachable'],
  [
    'error: read tcp 192.0.2.9:50412->192.0.2.1:6443: wsarecv: An existing connection was forcibly closed by the remote host.',
    'connection-cut',
  ],
  [
    'error: read tcp 192.0.2.9:50412->192.0.2.1:6443: wsarecv: An established connection was aborted by the software in your host machine.',
    'connection-cut',
  ],
  ['error: local error: tls: bad record MAC', 'connection-cut'],
  ['error: invalid byte in chunk length', 'connection-cut'],
  ['error: context deadline exceeded (Client.Timeout or context cancellation while reading body)', 'timeout'],
  ['Unable to connect to the server: http2: client connection lost', 'connection-cut'],
  ['Unable to connect to the server: net/http: TLS handshake timeout', 'timeout'],
  ['Unable to connect to the server: dial tcp 192.0.2.1:6443: connect: connection timed out', 'timeout'],
  ['Unable to connect to the server: dial tcp 192.0.2.1:6443: connect: operation timed out', 'timeout'],
  [
    'Unable to connect to the server: dial tcp 192.0.2.1:6443: connect: network is unreachable',
    'unreachable',
  ],
  ['Unable to connect to the server: dial tcp 192.0.2.1:6443: connect: host is down', 'unreachable'],
  ['Unable to connect to the server: http: server closed idle connection', 'connection-cut'],
  [
    'E1128 03:39:07.000000 4711 memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list: Get \\"https://192.0.2.1:6443/api\\": EOF"\nUnable to connect to the server: EOF',
    'connection-cut',
  ],
  ['error: context "nope" does not exist', 'unknown-context'],
  ['error: cannot locate context nope', 'unknown-context'],
  ['error: cannot locate cluster gone', 'kubeconfig'],
  ['error: current-context is not set', 'no-context'],
  ['error: current-context must exist in order to minify', 'no-context'],
  ['error: stat nofile: no such file or directory', 'kubeconfig'],
  ['error: error loading config file "bad": yaml: line 1: did not find expected node content', 'kubeconfig'],
  ['error: unknown flag: --bogus', 'kubectl-too-old'],
  ["Error: unknown flag: --bogus\nSee 'kubectl get --help' for usage.", 'kubectl-too-old'],
  [PLUGIN, 'auth-plugin'],
  [
    'W0821 10:00:00.000000 1 x.go:1] warning\nError: login failed: forbidden\nerror: You must be logged in to the server (Unauthorized)',
    'unauthorized',
  ],
  ['Segmentation fault', 'kubectl-failed'],
  ['', 'kubectl-failed'],
];

describe('what kubectl prints', () => {
  it.each(RECORDED)('%j', (stderr, cause) => {
    const run = { ended: 'exit', code: 1, stdout: '', stderr: `${stderr}\n` } as const;
    expect(classifyFailure(run).cause).toBe(cause);
  });

  it('becomes an error of exit code 17 that says what to do', () => {
    const error = clusterFailure({ cause: 'forbidden', detail: 'no' }, { context: 'prod', path: '/apis' });
    expect(error.exitCode).toBe(17);
    expect(error.message).toBe('context "prod": access denied (403): no');
    expect(error.data).toEqual({ cause: 'forbidden', context: 'prod', path: '/apis' });
    expect(error.suggestions[0]).toMatch(/^Ask for get, list and watch/);
  });

  it('reaches a message without control characters, credentials or length', () => {
    const detail = `\u001b[31mGet "https://user:pa55@host/": Bearer abc.def token=s3cret eyJhbGciOi.eyJzdWIi.sig\n\u202e${'x'.repeat(99_999)}`;
    const { message } = clusterFailure({ cause: 'kubectl-failed', detail });
    expect(message).not.toMatch(/[\u0000-\u001f\u202e]|pa55|abc\.def|s3cret|eyJ/);
    expect(message).toContain('https://host/');
    expect(message.length).toBeLessThan(700);
  });
});
