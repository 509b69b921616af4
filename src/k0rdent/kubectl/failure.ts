import type { KubectlRun } from './spawn-kubectl.js';

/** Why live status is not available: `data.cause` of a ClusterError. Causes are only ever added. */
export type FailureCause =
  | 'kubectl-missing'
  | 'kubectl-too-old'
  | 'kubectl-failed'
  | 'kubeconfig'
  | 'no-context'
  | 'unknown-context'
  | 'no-credentials'
  | 'auth-plugin'
  | 'unauthorized'
  | 'forbidden'
  | 'no-k0rdent'
  | 'not-found'
  | 'expired'
  | 'bad-request'
  | 'throttled'
  | 'server-error'
  | 'refused'
  | 'dns'
  | 'tls'
  | 'timeout'
  | 'unreachable'
  | 'connection-cut'
  | 'unexpected-answer'
  | 'too-large'
  | 'other-management'
  | 'ambiguous-management'
  | 'no-identity';

export interface Failure {
  readonly cause: FailureCause;
  /** kubectl's message without its prefix; not yet safe to print. */
  readonly detail: string;
}

type Rule = readonly [RegExp, FailureCause];

/** Reasons of a Status, as kubectl puts them into `Error from server (REASON): message`. */
const SERVER_REASONS: Readonly<Record<string, FailureCause>> = {
  Unauthorized: 'unauthorized',
  Forbidden: 'forbidden',
  NotFound: 'not-found',
  Expired: 'expired',
  Gone: 'expired',
  BadRequest: 'bad-request',
  Invalid: 'bad-request',
  TooManyRequests: 'throttled',
  Timeout: 'timeout',
  ServerTimeout: 'timeout',
};

/**
 * Go's messages for a failed request. They follow `Unable to connect to the server: ` before an answer has begun, and
 * `error: ` after that; the system's part differs between Linux, macOS and Windows.
 */
const CONNECTION: readonly Rule[] = [
  [/^getting credentials: |\bexec plugin\b|\bexec: executable /, 'auth-plugin'],
  [/\bhttp2: |\bstream error: |\bconnection error: /, 'connection-cut'],
  [/\bno such host\b|\bserver misbehaving\b|\bname resolution\b/, 'dns'],
  [/\bconnection refused\b|\bactively refused it\b/, 'refused'],
  [/\bread: (connection|operation) timed out\b/, 'connection-cut'],
  [/\bClient\.Timeout\b|\bdeadline exceeded\b|\bi\/o timeout\b|\bhandshake timeout\b/, 'timeout'],
  [/\b(connection|operation) timed out\b|\btimeout awaiting response headers\b/, 'timeout'],
  [/\bdid not properly respond after a period of time\b/, 'timeout'],
  [
    /\bno route to host\b|\b(network|host) is (unreachable|down)\b|\bunreachable (network|host)\b/,
    'unreachable',
  ],
  [/\b(un)?expected EOF\b|^EOF$|: EOF$|\bconnection reset\b|\bbroken pipe\b/, 'connection-cut'],
  [
    /\buse of closed network connection\b|\bconnection abort\b|\bconnection was (aborted|forcibly closed)\b/,
    'connection-cut',
  ],
  [/\bserver closed idle connection\b|\bforcibly closed by the remote host\b/, 'connection-cut'],
  [/\bmalformed HTTP (response|status code|version)\b/, 'unexpected-answer'],
  [
    /\btransport connection broken\b|\bmalformed chunked encoding\b|\binvalid byte in chunk\b/,
    'connection-cut',
  ],
  [/\bbad record MAC\b/, 'connection-cut'],
  [/\bx509: |\btls: |\bcertificate\b|\bgave HTTP response to HTTPS client\b/, 'tls'],
];

/** Messages after `error: ` about problems that kubectl itself detected. */
const LOCAL: readonly Rule[] = [
  [/^You must be logged in to the server\b/, 'unauthorized'],
  [/^context .* does not exist$|^cannot locate context /, 'unknown-context'],
  [/^current-context (must exist|is not set)|^no configuration has been provided/, 'no-context'],
  [
    /^error loading config file |^stat .*: no such file|^cannot locate |^invalid configuration: /,
    'kubeconfig',
  ],
  [/^(unable to read|open) .*: (no such file|permission denied)/, 'kubeconfig'],
  [/^unknown (shorthand )?flag|^unknown command/, 'kubectl-too-old'],
  [/^EOF$/, 'no-credentials'],
];

function firstMatch(rules: readonly Rule[], text: string): FailureCause | undefined {
  return rules.find(([pattern]) => pattern.test(text))?.[1];
}

function classifyLine(line: string): Failure | undefined {
  const server = line.match(/^Error from server(?: \((\w+)\))?: (.*)$/i);
  if (server !== null) {
    const cause = SERVER_REASONS[server[1] ?? ''] ?? 'server-error';
    return { cause, detail: server[2] ?? '' };
  }
  if (/^The connection to the server .* was refused/.test(line)) return { cause: 'refused', detail: line };
  const connection = line.match(/^Unable to connect to the server: (.*)$/);
  if (connection !== null) {
    const detail = connection[1] ?? '';
    return { cause: firstMatch(CONNECTION, detail) ?? 'unreachable', detail };
  }
  const local = line.match(/^error: (.*)$/i);
  if (local === null) return undefined;
  const detail = local[1] ?? '';
  return { cause: firstMatch(LOCAL, detail) ?? firstMatch(CONNECTION, detail) ?? 'kubectl-failed', detail };
}

/**
 * Classifies the failure of a kubectl run by how it ended and its stderr. The last line in kubectl's own format
 * decides, not the warnings and auth plugin output before it.
 */
export function classifyFailure(run: KubectlRun): Failure {
  const { ended, stderr } = run;
  if (ended === 'missing') return { cause: 'kubectl-missing', detail: stderr };
  if (ended === 'timeout') return { cause: 'timeout', detail: 'kubectl did not end in time' };
  if (ended === 'too-large') return { cause: 'too-large', detail: '' };
  const lines = stderr.split('\n').map((line) => line.trim());
  for (const line of lines.reverse()) {
    const failure = classifyLine(line);
    if (failure !== undefined) return failure;
  }
  return { cause: 'kubectl-failed', detail: stderr.trim() || `kubectl ended with code ${run.code}` };
}
