/** Made-up secrets, put together at run time: a literal would trip the secret scanners of forges. */
const HEX = '0123456789abcdef';
const MIXED = 'k3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5tKiW0vBqMzJyCdUeFgShAnLp';

function hex(length: number): string {
  return HEX.repeat(8).slice(3, 3 + length);
}

function mixed(length: number): string {
  return MIXED.repeat(3).slice(0, length);
}

/** 32 bytes made from `seed`, clamped as `wg genkey` does where `clamped`. */
export function wireguardKey(seed: number, clamped = true): string {
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => (seed * 73 + i * i * 41 + i * 149 + 17) & 255);
  if (clamped) {
    bytes[0] = (bytes[0] as number) & 248;
    bytes[31] = ((bytes[31] as number) & 127) | 64;
  }
  return Buffer.from(bytes).toString('base64');
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

const jwt = [
  base64url('{"alg":"RS256"}'),
  base64url('{"sub":"system:serviceaccount:kcm:x"}'),
  mixed(43),
].join('.');
const dash = '-----';
const pem = (kind: string) => `${dash}BEGIN ${kind}${dash}\nMIIabc\n${dash}END ${kind}${dash}\n`;

/** Secrets whose shape alone tells them: `[rule, value]`. */
export const SHAPED: readonly (readonly [rule: string, value: string])[] = [
  ['wireguard-key', wireguardKey(1)],
  ['wireguard-key', wireguardKey(2, false)],
  ['github-token', `gh${'p_'}${mixed(36)}`],
  ['github-token', `gh${'s_'}${mixed(36)}`],
  ['github-token', `github${'_pat_'}${mixed(22)}_${mixed(59)}`],
  ['gitlab-token', `gl${'pat-'}${mixed(20)}`],
  ['gitlab-token', `GR13${'48941'}${mixed(20)}`],
  ['aws-access-key', `AK${'IA'}QWERTZUIOP234567`],
  ['aws-access-key', `AS${'IA'}QWERTZUIOP234567`],
  ['random-token', mixed(40)],
  ['random-token', 'kV9x/Qm2LrT/8wYbNc+Hs7DfGj/PuE6aXot/5KiW'],
  ['azure-client-secret', `abc8${'Q~'}${mixed(34)}`],
  ['signed-url', `https://x.blob.core.windows.net/c?sp=r&${'sig='}${encodeURIComponent(`${mixed(42)}/=`)}`],
  ['google-api-key', `AI${'za'}${mixed(35)}`],
  ['google-oauth', `GOC${'SPX-'}${mixed(28)}`],
  ['slack-token', `xo${'xb-'}123456789012-123456789012-${mixed(24)}`],
  ['webhook-url', `https://hooks.slack.${'com/services/'}T00000000/B00000000/${mixed(24)}`],
  ['npm-token', `np${'m_'}${mixed(36)}`],
  ['pypi-token', `pyp${'i-AgE'}IcHlwaS5vcmc${mixed(60)}`],
  ['vault-token', `hv${'s.'}${mixed(24)}`],
  ['terraform-token', `${mixed(14)}.atlas${'v1.'}${mixed(60)}`],
  ['stripe-key', `sk${'_live_'}${mixed(24)}`],
  ['ai-key', `sk${'-ant-'}api03-${mixed(60)}`],
  ['ai-key', `sk${'-proj-'}${mixed(48)}`],
  ['huggingface-token', `h${'f_'}${mixed(34)}`],
  ['age-key', `AGE-SECRET${'-KEY-1'}${'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L'.repeat(2).slice(0, 58)}`],
  ['digitalocean-token', `do${'p_v1_'}${hex(64)}`],
  ['sendgrid-key', `S${'G.'}${mixed(22)}.${mixed(43)}`],
  ['docker-token', `dckr${'_pat_'}${mixed(27)}`],
  ['grafana-token', `gl${'sa_'}${mixed(32)}_${hex(8)}`],
  ['databricks-token', `da${'pi'}${hex(32)}`],
  ['pulumi-token', `pu${'l-'}${hex(40)}`],
  ['doppler-token', `d${'p.pt.'}${mixed(43)}`],
  ['bootstrap-token', `abc1de.${'0123456789abcdef'}`],
  ['k0s-token', `H4${'sI'}AAAAAAAC${mixed(120)}`],
  ['jwt', jwt],
  ['jwt', `${base64url('{"alg":"none"}')}.${mixed(43)}.`],
  ['private-key', pem('RSA PRIVATE KEY')],
  ['private-key', pem('OPENSSH PRIVATE KEY')],
  ['private-key', pem('ENCRYPTED PRIVATE KEY')],
  ['private-key', pem('PGP PRIVATE KEY BLOCK')],
  ['private-key', Buffer.from(pem('EC PRIVATE KEY').repeat(2)).toString('base64')],
  ['random-token', 'summer7-qWeZTxLp3uv/'],
];

/** Secrets that only their surroundings tell: `[rule, text, the secret in it]`. */
export const IN_TEXT: readonly (readonly [rule: string, text: string, secret: string])[] = [
  ['url-password', 'git clone https://user:swordfish@example.com/x.git', 'swordfish'],
  ['url-password', 'see https://a.example,https://user:swordfish@example.com', 'swordfish'],
  ['url-password', 'postgres://app:pa/ss+word@db:5432/x', 'pa/ss+word'],
  ['url-password', `https://${hex(40)}@example.com/`, hex(40)],
  ['login', 'curl -u admin:swordfish https://example.com', 'swordfish'],
  ['login', 'curl --user=admin:swordfish https://example.com', 'swordfish'],
  ['login', 'sshpass -p swordfish ssh root@10.0.0.1', 'swordfish'],
  ['login', 'mysql -h db -u root -pswordfish', 'swordfish'],
  ['login', 'docker login -u me -p swordfish registry.example.com', 'swordfish'],
  ['login', 'kubectl create secret generic x --from-literal=user=swordfish', 'swordfish'],
  ['authorization', 'curl -H "Authorization: Bearer swordfish" https://example.com', 'swordfish'],
  ['authorization', `sent Bearer ${hex(40)} to the server`, hex(40)],
  ['authorization', 'Basic dXNlcjpwYXNz', 'dXNlcjpwYXNz'],
  ['assignment', 'helm install x --set password=swordfish done', 'swordfish'],
  ['assignment', 'helm install x --set db.adminPassword=swordfish', 'swordfish'],
  ['assignment', 'kgit --password swordfish', 'swordfish'],
  ['assignment', 'mytool --password "two words" next', 'two words'],
  ['assignment', 'vault login --token S3cr', 'S3cr'],
  ['assignment', 'PGPASSWORD=swordfish psql', 'swordfish'],
  ['assignment', '{"appId": "x", "password": "swordfish"}', 'swordfish'],
  ['assignment', '{\\"client_secret\\": \\"swordfish\\"}', 'swordfish'],
  ['assignment', 'the password: swordfish', 'swordfish'],
  ['assignment', 'users:\n- user:\n    client-key-data: 0123456789abcdef01234\n', '0123456789abcdef01234'],
  ['assignment', 'users:\n- user:\n    password: |\n      swordfish\n', 'swordfish'],
  ['assignment', `AccountName=x;AccountKey=${hex(40)};EndpointSuffix=core`, hex(40)],
  ['assignment', `https://example.com/?access_token=${hex(32)}&x=1`, hex(32)],
  ['assignment', `[Interface]\nPrivateKey = ${hex(64)}\n`, hex(64)],
];

/** What the guard leaves alone, wherever it stands. */
export const HARMLESS: readonly string[] = [
  'Change it: kgit set --secret azure.client_secret=-',
  "kgit set --secret 'PATH=-' < FILE",
  'kgit set --secret azure.client_secret=@secret.txt --deployment d1',
  '01JZXK5B7Q3M8N2V4C6D9F0G1H',
  '123e4567-e89b-12d3-a456-426614174000',
  'b7cc8150d2e6f1a94c3b5d7e8f9012345678abcd',
  `sha256:${hex(64)}`,
  hex(64),
  `registry.example.com/k0rdent/kcm@sha256:${hex(64)}`,
  'ghcr.io/k0rdent/kcm/charts/kcm:1.5.0',
  'oci://ghcr.io/k0rdent/kcm/charts/kcm:1.5.0',
  'azure-standalone-cp-1-0-8',
  'aws-hosted-cp-1-0-11',
  './azure-resources/k0rdent-6bmflq1r-ssh-key',
  './k0sctl-config/k0rdent-6bmflq1r-kubeconfig',
  '2025-07-11T14:30:00.123Z',
  '2025-07-18 17:12:30 CST',
  '10.0.1.11',
  '2001:db8::ff00:42:8329',
  'fe80::1ff:fe23:4567:890a%eth0',
  'kof-regional-xyoeeex2-southeastasia-md-0-x7k2p-9fz4q',
  'projectsveltos-controller-7d9f8c6b5d-x2x7k',
  'Standard_D4s_v3',
  'i-0abc123def4567890',
  'arn:aws:iam::123456789012:role/KofRegionalRole2',
  '/subscriptions/123e4567-e89b-12d3-a456-426614174000/resourceGroups/MC_prod_aks1/providers/Microsoft.Compute',
  'dev@example.com',
  'The password was rotated and the token expired; see the secret store.',
  'password: was rotated by the admin',
  'password: expires tomorrow at noon',
  'Waiting for secret azure-cluster-identity-secret to be created',
  'kubectl get secret regcred -n kcm-system -o yaml',
  'kubectl create secret docker-registry regcred --from-file=.dockerconfigjson=./x.json',
  'kubectl create token admin --duration 1h',
  'docker run -u 1000:1000 -p 8080:80 nginx',
  'ssh -i ./azure-resources/x-ssh-key -p 2222 k0s@10.0.1.11',
  'mytool --password-file ./x --token-ttl 3600 --token-file /run/token',
  'helm upgrade kcm oci://ghcr.io/k0rdent/kcm --set controller.enableTelemetry=false --version 1.5.0',
  'curl -fsSL https://get.k0s.sh | sudo K0S_VERSION=v1.32.6+k0s.0 sh',
  'az aks get-credentials --resource-group rg --name x',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk3VxQ9mZ2LrT8wYbN4cHs7DfG1jPuE6aXoR5tKiW0v me@host',
  `SHA256:${mixed(43)}`,
  `${dash}BEGIN CERTIFICATE${dash}\n${mixed(60)}\n${dash}END CERTIFICATE${dash}`,
  `${dash}BEGIN PUBLIC KEY${dash}\n${mixed(60)}\n${dash}END PUBLIC KEY${dash}`,
  Buffer.from(`${dash}BEGIN CERTIFICATE${dash}\nMIIabc\n${dash}END CERTIFICATE${dash}\n`).toString('base64'),
  Buffer.from('Hello World, hello k0rdent').toString('base64'),
  'SGVsbG8=',
  'aGVsbG8gd29ybGQ=',
  'ClusterDeploymentReconcileSucceeded',
  'AzureStandaloneControlPlaneV1Beta2Spec',
  'InsufficientInstanceCapacity: VMSizeNotAvailable in eu-west-1a',
  'https://github.com/k0rdent/kof/releases/tag/v1.5.0',
  'https://login.microsoftonline.com:443/common/oauth2/v2.0/token',
  'git@github.com:k0rdent/kcm.git',
  'ssh://git@example.com:22/k0rdent/state.git',
  'password=""',
  'password=$PASSWORD',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable is the sample
  'password=${PASSWORD}',
  'password={{ .Values.password }}',
  'password=***',
  'password: <redacted>',
  '--token "$(cat token)"',
  '--password $DB_PASSWORD --host db',
  'https://user:***@example.com/x.git',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable is the sample
  'https://user:${TOKEN}@example.com/x.git',
  'Authorization: Bearer <token>',
  'ENC[AES256_GCM,data:k3VxQ9mZ2LrT8wYbN4cHs7Df,iv:G1jPuE6aXoR5tKiW0vBq,tag:x,type:str]',
];
