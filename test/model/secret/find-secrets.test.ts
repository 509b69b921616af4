import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  findSecrets,
  findSecretsInText,
  MAX_DEPTH,
  MAX_FINDINGS,
} from '../../../src/model/secret/find-secrets.js';
import { PLACEMENTS } from './placements.js';
import { HARMLESS, IN_TEXT, SHAPED, wireguardKey } from './samples.js';

const SECRET_KEY = wireguardKey(7);

function rules(value: unknown, path: readonly (string | number)[] = ['deployment', 'note']): string[] {
  return findSecrets(value, path).map(({ rule }) => rule);
}

function x25519(): { publicKey: string; privateKey: string } {
  const pair = generateKeyPairSync('x25519');
  const der = { publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }) };
  const raw = pair.privateKey.export({ type: 'pkcs8', format: 'der' }).subarray(-32);
  raw[0] = (raw[0] as number) & 248;
  raw[31] = ((raw[31] as number) & 127) | 64;
  return { publicKey: der.publicKey.subarray(-32).toString('base64'), privateKey: raw.toString('base64') };
}

describe('findSecrets by shape', () => {
  it.each(SHAPED)('finds %s', (rule, value) => {
    expect(rules(value)).toContain(rule);
  });

  for (const [placement, place] of Object.entries(PLACEMENTS)) {
    it(`finds each shape in ${placement}, and never shows it`, () => {
      for (const [rule, secret] of SHAPED) {
        const { value, path } = place(secret);
        const findings = findSecrets(value, path);
        expect(findings, `${rule} in ${placement}`).not.toEqual([]);
        expect(JSON.stringify(findings)).not.toContain(JSON.stringify(secret).slice(1, -1));
      }
    });
  }
});

describe('findSecrets by what stands around', () => {
  it.each(IN_TEXT)('finds %s in %j', (rule, text) => {
    expect(rules(text)).toContain(rule);
  });

  it.each([
    ['wireguard_peers.mylaptop.private_key', 'anything'],
    ['wireguard_peers.mylaptop.preshared_key', 'anything'],
    ['azure_client_secret', 'swordfish'],
    ['aws_secret_access_key', 'swordfish'],
    ['adminPassword', 'swordfish'],
    ['db.PASSWORD_B64', 'swordfish'],
    ['db.password2', 12345678],
    ['users.token', '0123456789abcdef'],
    ['consul.token', '123e4567-e89b-12d3-a456-426614174000'],
    ['api_key', '0123456789abcdef0123'],
    ['api_key', 'word-'.repeat(80)],
  ])('takes the value of %s for a secret', (path, value) => {
    expect(rules(value, path.split('.'))).toEqual(['secret-path']);
  });

  it('judges what a name beside the value says', () => {
    expect(rules([{ name: 'DB_PASSWORD', value: 'swordfish' }])).toEqual(['secret-path']);
    expect(rules([{ path: 'deployment.db.password', before: 'swordfish', after: 'herring' }])).toHaveLength(
      2,
    );
    expect(rules({ password: { value: 'swordfish' } })).toEqual(['secret-path']);
    expect(rules({ passwords: ['swordfish'] })).toEqual(['secret-path']);
    expect(rules({ kind: 'Secret', metadata: { name: 'x' }, data: { user: 'YWRtaW4=' } })).toEqual([
      'secret-path',
    ]);
    expect(rules(new Map([['password', 'swordfish']]))).toEqual(['secret-path']);
  });

  it('finds a secret in a name', () => {
    expect(findSecretsInText(SECRET_KEY, 'name')).toEqual([
      { path: '', rule: 'wireguard-key', what: 'WireGuard private key', where: 'name' },
    ]);
  });
});

describe('findSecrets leaves alone', () => {
  it.each(HARMLESS)('%j', (text) => {
    expect(findSecrets(text, ['message'])).toEqual([]);
    expect(findSecrets({ [text]: 1 }, ['deployment'])).toEqual([]);
  });

  it.each([
    ['password', ''],
    ['password', null],
    ['password', true],
    ['password', '***'],
    ['password', '<redacted>'],
    ['password', '$DB_PASSWORD'],
    ['password', '{{ .Values.password }}'],
    ['password', 'op://vault/item/password'],
    ['credential', 'azure-cluster-identity-cred'],
    ['secretName', 'azure-cluster-identity-secret'],
    ['existingSecret', 'grafana-admin-credentials'],
    ['imagePullSecrets', 'regcred'],
    ['tokenTTL', '24h'],
    ['token', 42],
    ['max_tokens', 4096],
    ['azure_subscription_id', '00000000-1111-2222-3333-444444444444'],
    ['aws_account_id', '123456789012'],
    ['ssh_key', './azure-resources/k0rdent-6bmflq1r-ssh-key'],
    ['private_key', './wireguard/mylaptop_privkey'],
    ['kubeconfig', './k0sctl-config/k0rdent-6bmflq1r-kubeconfig'],
    ['wg_keys_generated', true],
  ])('%s: %j', (key, value) => {
    expect(findSecrets({ [key]: value })).toEqual([]);
  });
});

describe('public WireGuard keys', () => {
  it('pass where a public key belongs, and nowhere else', () => {
    for (let i = 0; i < 20; i++) {
      const { publicKey } = x25519();
      expect(rules(publicKey, ['wireguard_peers', 'x', 'public_key'])).toEqual([]);
      expect(rules({ mylaptop_pubkey: `${publicKey}\n` })).toEqual([]);
      expect(rules(`peer public key ${publicKey} is not a secret`)).toEqual([]);
      expect(rules(`[Peer]\nPublicKey = ${publicKey}\n`)).toEqual([]);
      expect(
        rules([{ path: 'deployment.wireguard_peers.x.public_key', before: null, after: publicKey }]),
      ).toEqual([]);
      expect(rules(publicKey)).toContain('wireguard-key');
    }
  });

  it('do not shelter private ones: 15 of 16 are told by their clamping', () => {
    const caught = Array.from({ length: 100 }, () => x25519().privateKey).filter(
      (key) => rules(key, ['wireguard_peers', 'x', 'public_key']).length > 0,
    );
    expect(caught.length).toBeGreaterThan(75);
  });

  it('nor one that stands under a secret path of the same document', () => {
    const key = wireguardKey(3, false);
    expect(rules(key, ['public_key'])).toEqual([]);
    expect(rules({ public_key: key, private_key: key }).sort()).toEqual([
      'private-as-public',
      'wireguard-key',
    ]);
  });

  it('nor any other secret', () => {
    for (const [rule, secret] of SHAPED) {
      if (rule !== 'wireguard-key') expect(rules(secret, ['public_key']), rule).not.toEqual([]);
    }
  });
});

describe('findSecrets on hostile documents', () => {
  it('masks a secret key in the path, and prints no control character', () => {
    expect(findSecrets({ [`x ${SECRET_KEY}\u001b[31m\u202e`]: 1 })).toEqual([
      {
        path: '"x ***\\u001b[31m\\u202e"',
        rule: 'wireguard-key',
        what: 'WireGuard private key',
        where: 'key',
      },
    ]);
  });

  it('reports what is nested too deep', () => {
    let deep: unknown = 'x';
    for (let i = 0; i < MAX_DEPTH + 5; i++) deep = [deep];
    expect(rules(deep)).toEqual(['too-deep']);
  });

  it('stops at a bound of findings, cycles and aliases of aliases', () => {
    expect(findSecrets(Array.from({ length: 5000 }, () => SECRET_KEY))).toHaveLength(MAX_FINDINGS);
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    expect(findSecrets(cycle)).toEqual([]);
    let laughs: unknown = ['lol'];
    for (let i = 0; i < 60; i++) laughs = [laughs, laughs];
    expect(findSecrets(laughs)).toEqual([]);
  });

  it.each(['x', '%41', 'aB3', '=', 'a b ', '-----BEGIN '])('reads 7 MiB of %j', (piece) => {
    const text = piece.repeat(Math.ceil((7 * 1024 * 1024) / piece.length));
    expect(rules({ text: `${text} ${SECRET_KEY}` })).toContain('wireguard-key');
  });

  it('judges an alias under each name that it has', () => {
    const shared = ['swordfish'];
    expect(rules({ tags: shared, passwords: shared })).toEqual(['secret-path']);
  });
});
