type Path = readonly (string | number)[];

/** Where a secret can stand: what is written, and at which path of the state or event. */
export const PLACEMENTS: Readonly<Record<string, (secret: string) => { value: unknown; path: Path }>> = {
  'a whole value': (secret) => ({ value: secret, path: ['deployment', 'note'] }),
  'a value within a document': (secret) => ({ value: { a: [{ b: secret }] }, path: [] }),
  'a list': (secret) => ({ value: ['x', secret], path: ['deployment', 'list'] }),
  'the key of a mapping': (secret) => ({ value: { [secret]: true }, path: ['deployment'] }),
  'the path itself': (secret) => ({ value: 1, path: ['deployment', secret] }),
  'a sentence': (secret) => ({ value: `debug printed ${secret} and went on`, path: ['message'] }),
  'the end of a sentence': (secret) => ({ value: `it was ${secret}.`, path: ['message'] }),
  quotes: (secret) => ({ value: `got "${secret}"`, path: ['message'] }),
  parentheses: (secret) => ({ value: `done (${secret})`, path: ['message'] }),
  'several lines': (secret) => ({ value: `first\n  ${secret}\nlast\n`, path: ['notes'] }),
  'CRLF lines': (secret) => ({ value: `first\r\n${secret}\r\nlast`, path: ['notes'] }),
  'a flag': (secret) => ({ value: `deploy --token ${secret} --wait`, path: ['command'] }),
  'a flag with =': (secret) => ({ value: `deploy --password=${secret}`, path: ['command'] }),
  'curl -u': (secret) => ({ value: `curl -u user:${secret} https://example.com/`, path: ['command'] }),
  'a URL': (secret) => ({ value: `git clone https://u:${secret}@example.com/x`, path: ['command'] }),
  'a file path': (secret) => ({ value: `/home/${secret}/x`, path: ['context', 'cwd'] }),
  'a list of words': (secret) => ({ value: `a,${secret},b`, path: ['parameters', 'x'] }),
  JSON: (secret) => ({ value: JSON.stringify({ a: secret }), path: ['notes'] }),
  'percent-encoding': (secret) => ({ value: `/x?y=${encodeURIComponent(secret)}`, path: ['notes'] }),
  'a secret path': (secret) => ({
    value: secret,
    path: ['deployment', 'wireguard_peers', 'mylaptop', 'private_key'],
  }),
  'a change': (secret) => ({
    value: [{ path: 'deployment.x', before: null, after: secret }],
    path: ['changes'],
  }),
};
