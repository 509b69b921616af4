const CODES: Readonly<Record<string, (host: string) => string>> = {
  ENOTFOUND: (host) => `Could not resolve host: ${host}`,
  EAI_AGAIN: (host) => `Could not resolve host: ${host} (Temporary failure in name resolution)`,
  ECONNREFUSED: (host) => `Failed to connect to ${host}: Connection refused`,
  ENETUNREACH: () => 'Network is unreachable',
  EHOSTUNREACH: () => 'No route to host',
  ETIMEDOUT: () => 'Connection timed out',
  ECONNRESET: () => 'Recv failure: Connection reset by peer',
  EPIPE: () => 'Send failure: Broken pipe',
  CERT_HAS_EXPIRED: () => 'SSL certificate problem: certificate has expired',
  CERT_NOT_YET_VALID: () => 'SSL certificate problem: certificate is not yet valid',
  ERR_TLS_CERT_ALTNAME_INVALID: (host) =>
    `SSL: no alternative certificate subject name matches target host name '${host}'`,
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** The host that an error is about: a proxy, if that could not be reached. */
function hostOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('hostname' in error && typeof error.hostname === 'string') return error.hostname;
  return 'address' in error && 'port' in error ? `${error.address} port ${error.port}` : undefined;
}

/** What went wrong on the way to a host, in the words of curl. */
export function curlWords(error: unknown, host: string): string {
  // Of several addresses of a host, each has its own failure.
  const first: unknown =
    error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error;
  const code = codeOf(first) ?? codeOf(error);
  const words = code === undefined ? undefined : CODES[code]?.(hostOf(first) ?? host);
  if (words !== undefined) return words;
  const message = first instanceof Error ? first.message : String(first);
  if (/CERT|SELF_SIGNED|UNABLE_TO_/.test(code ?? '')) return `SSL certificate problem: ${message}`;
  if (/^ERR_SSL|^EPROTO/.test(code ?? '')) return message.replaceAll('\n', ' ');
  return /aborted|premature close|socket hang up|terminated/i.test(message)
    ? 'Recv failure: Connection reset by peer'
    : message;
}
