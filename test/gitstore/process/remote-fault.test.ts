import { describe, expect, it } from 'vitest';
import { remoteFault } from '../../../src/gitstore/process/remote-fault.js';

const SSH =
  '\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n';
const https = (text: string) => `fatal: unable to access 'https://h/x.git/': ${text}\n`;
const CHANGED = `@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@
Host key for [127.0.0.1]:37485 has changed and you have requested strict checking.
Host key verification failed.${SSH}`;

/** The words of git, OpenSSH, curl with GnuTLS and with OpenSSL, and forges; addresses and names are shortened. */
const ROWS: readonly [cause: string, kind: string, ...texts: string[]][] = [
  ['host-key-changed', 'denied', CHANGED],
  [
    'host-key-unknown',
    'denied',
    `Host key verification failed.${SSH}`,
    `No ED25519 host key is known for [127.0.0.1]:37485 and you have requested strict checking.\nHost key verification failed.${SSH}`,
  ],
  [
    'ssh-key',
    'denied',
    `git@h: Permission denied (publickey).${SSH}`,
    `Warning: Identity file /none not accessible: No such file or directory.\ngit@h: Permission denied (publickey,password).${SSH}`,
    `git@h: Permission denied (publickey).\nConnection closed by 10.0.0.1 port 22${SSH}`,
  ],
  [
    'damaged',
    'denied',
    'fatal: remote error: upload-pack: not our ref 0000000000000000000000000000000000000000\n',
    'remote: error: object file /srv/s.git/objects/38/58 is empty\nremote: fatal: loose object 3858 (stored in /srv/s.git/objects/38/58) is corrupt\n',
    'error: object file ./objects/74/92 is empty\nfatal: loose object 7492 (stored in ./objects/74/92) is corrupt\nfatal: the remote end hung up unexpectedly\n',
    'remote: aborting due to possible repository corruption on the remote side.\nfatal: protocol error: bad pack header\n',
    'remote: fatal: unresolved deltas left after unpacking\nerror: remote unpack failed: unpack-objects abnormal exit\n',
  ],
  ['ssh-missing', 'denied', 'error: cannot run nossh: No such file or directory\nfatal: unable to fork\n'],
  // git 2.55
  [
    'ssh-missing',
    'denied',
    "fatal: cannot exec '/nowhere/ssh': No such file or directory\nfatal: unable to fork\n",
  ],
  [
    'certificate-host',
    'denied',
    https("SSL: certificate subject name (other) does not match target host name '127.0.0.1'"),
    https("SSL: no alternative certificate subject name matches target host name 'h'"),
  ],
  ['certificate-expired', 'denied', https('SSL certificate problem: certificate has expired')],
  [
    'certificate-client',
    'denied',
    https('OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0'),
    https('GnuTLS recv error (-12): A TLS fatal alert has been received.: Certificate is required'),
  ],
  [
    'certificate',
    'denied',
    https('server certificate verification failed. CAfile: none CRLfile: none'),
    https('SSL certificate problem: unable to get local issuer certificate'),
    https('SSL certificate problem: self-signed certificate'),
  ],
  [
    'proxy',
    'denied',
    https('CONNECT tunnel failed, response 407'),
    https('Received HTTP code 407 from proxy after CONNECT'),
    https('The requested URL returned error: 407'),
    https("Unsupported proxy syntax in 'http://['"),
  ],
  [
    'archived',
    'denied',
    `remote: This repository was archived so it is read-only.\n${https('The requested URL returned error: 403')}`,
    `ERROR: This repository was archived so it is read-only.${SSH}`,
    `remote: This repo is archived. You can view files and clone it, but cannot push or open issues/pull-requests.\n${https('The requested URL returned error: 403')}`,
  ],
  [
    'object-format',
    'denied',
    "fatal: the receiving end does not support this repository's hash algorithm\nfatal: the remote end hung up unexpectedly\n",
    'fatal: mismatched algorithms: client sha1; server sha256\n',
  ],
  ['too-large', 'denied', 'error: RPC failed; HTTP 413 curl 22 The requested URL returned error: 413\n'],
  [
    'extra-header',
    'denied',
    "fatal: Authentication failed for 'https://h/x.git/'\nkgit: http.extraHeader is set for this host\n",
  ],
  [
    'unauthorized',
    'denied',
    "fatal: Authentication failed for 'https://h/x.git/'\n",
    "fatal: could not read Username for 'https://h': terminal prompts disabled\n",
    "remote: HTTP Basic: Access denied\nfatal: Authentication failed for 'https://h/x.git/'\n",
  ],
  [
    'forbidden',
    'denied',
    https('The requested URL returned error: 403'),
    `remote: Permission to team/state.git denied to bob.\n${https('The requested URL returned error: 403')}`,
    `ERROR: Permission to team/state.git denied to deploy key${SSH}`,
    `remote: ERROR: You are not allowed to push code to this project.${SSH}`,
    'error: RPC failed; HTTP 403 curl 22 The requested URL returned error: 403\nfatal: the remote end hung up unexpectedly\n',
  ],
  [
    'not-found',
    'denied',
    "fatal: repository 'https://h/x.git/' not found\n",
    `fatal: '/none' does not appear to be a git repository${SSH}`,
    `ERROR: Repository not found.${SSH}`,
    `remote: ERROR: The project you were looking for could not be found or you don't have permission to view it.${SSH}`,
  ],
  [
    'not-git',
    'denied',
    'fatal: https://h/x.git/info/refs not valid: is this a git repository?\n',
    "error: no DAV locking support on https://h/x.git/\nfatal: git-http-push failed\nerror: failed to push some refs to 'https://h/x.git'\n",
  ],
  [
    'transport',
    'denied',
    "fatal: transport 'ext' not allowed\n",
    "fatal: strange pathname '--upload-pack=touch pwned' blocked\n",
  ],
  [
    'disk-full',
    'unreachable',
    "remote: fatal: unable to write loose object file: No space left on device        \nerror: remote unpack failed: unpack-objects abnormal exit\nerror: failed to push some refs to '/srv/state.git'\n",
  ],
  [
    'dns',
    'unreachable',
    https('Could not resolve host: h'),
    `ssh: Could not resolve hostname h: Name or service not known${SSH}`,
    https('Could not resolve proxy: p'),
  ],
  [
    'timeout',
    'unreachable',
    `ssh: connect to host h port 22: Connection timed out${SSH}`,
    https('SSL connection timeout'),
    https('Failed to connect to h port 443 after 130000 ms: Connection timed out'),
  ],
  [
    'refused',
    'unreachable',
    `ssh: connect to host 127.0.0.1 port 1: Connection refused${SSH}`,
    https("Failed to connect to 127.0.0.1 port 1 after 0 ms: Couldn't connect to server"),
  ],
  [
    'bad-pack',
    'unreachable',
    'fatal: pack is corrupted (SHA1 mismatch)\nfatal: fetch-pack: invalid index-pack output\n',
    'error: inflate: data stream error (incorrect data check)\nfatal: pack has bad object at offset 12\n',
  ],
  ['network', 'unreachable', `ssh: connect to host h port 22: No route to host${SSH}`],
  [
    'server-error',
    'unreachable',
    https('The requested URL returned error: 502'),
    https('The requested URL returned error: 429'),
  ],
  [
    'connection-lost',
    'unreachable',
    https('GnuTLS recv error (-110): The TLS connection was non-properly terminated.'),
    https('gnutls_handshake() failed: The TLS connection was non-properly terminated.'),
    https('OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to h:443'),
    `kex_exchange_identification: Connection closed by remote host\nConnection closed by 127.0.0.1 port 22${SSH}`,
    'fatal: the remote end hung up unexpectedly\n',
    'fatal: early EOF\nfatal: index-pack failed\n',
    'fetch-pack: unexpected disconnect while reading sideband packet\n',
  ],
  [
    'ref-ambiguous',
    'denied',
    "error: dst refspec refs/heads/main matches more than one\nerror: failed to push some refs to 'h'\n",
  ],
  [
    'remote-broken-ref',
    'denied',
    'remote: fatal: bad object refs/heads/main (conflicted copy)        \nerror: remote unpack failed\n',
  ],
  [
    'bad-objects',
    'denied',
    "error: object 78d87891: hasDotgit: contains '.git'\nfatal: fsck error in packed object\nfatal: index-pack failed\n",
    'remote: error: object 78d87891: badTree: cannot be parsed as a tree\nremote: fatal: fsck error in pack objects\n',
  ],
  // Queued, and told in the words that came: nobody is sent to look at the network for it.
  ['unknown', 'unreachable', `fatal: Could not read from remote repository.${SSH}`, 'something new'],
];

describe.each(ROWS)('%s (%s)', (cause, kind, ...texts) => {
  it.each(texts)('%j', (text) => {
    expect(remoteFault(text)).toMatchObject({ cause, kind });
  });
});
