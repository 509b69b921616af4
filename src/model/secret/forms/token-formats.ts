import type { SecretSpan } from '../span.js';

interface TokenFormat {
  /** Stable id, as used in findings. */
  readonly rule: string;
  readonly what: string;
  /** Every match contains this: a cheap test before the pattern. */
  readonly hint: string | RegExp;
  /** Global. Only its last part may be unbounded, so that matching takes linear time. */
  readonly pattern: RegExp;
  /** Whether a match really is a token; if absent, always. */
  readonly isToken?: (match: RegExpMatchArray) => boolean;
}

/**
 * Credentials with a recognisable format; docs/secrets.md lists the formats and their sources. Lengths are minimums
 * slightly below the usual ones, because a truncated token is still a secret.
 */
const TOKEN_FORMATS: readonly TokenFormat[] = [
  { rule: 'github-token', what: 'GitHub token', hint: 'gh', pattern: /gh[pousr]_[A-Za-z0-9]{20,}/g },
  {
    rule: 'github-token',
    what: 'GitHub fine-grained token',
    hint: 'github_pat_',
    pattern: /github_pat_\w{20,}/g,
  },
  {
    rule: 'gitlab-token',
    what: 'GitLab token',
    hint: 'gl',
    pattern: /gl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[\w.-]{18,}/g,
  },
  { rule: 'gitlab-token', what: 'GitLab runner token', hint: 'GR1348941', pattern: /GR1348941[\w-]{18,}/g },
  {
    rule: 'aws-access-key',
    what: 'AWS access key',
    hint: 'A',
    pattern: /(?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}(?![A-Za-z0-9])/g,
  },
  {
    rule: 'azure-client-secret',
    what: 'Azure client secret',
    hint: 'Q~',
    pattern: /[A-Za-z0-9_.~-]{3}\dQ~[A-Za-z0-9_.~+/-]{20,}/g,
  },
  {
    rule: 'signed-url',
    what: 'signature of a pre-signed URL',
    hint: 'ig',
    pattern: /(?<=[?&;](?:sig|X-(?:Amz|Goog)-Signature)=)[A-Za-z0-9%+/=_-]{20,}/g,
  },
  { rule: 'google-api-key', what: 'Google API key', hint: 'AIza', pattern: /AIza[\w-]{30,}/g },
  {
    rule: 'google-oauth',
    what: 'Google OAuth client secret',
    hint: 'GOCSPX-',
    pattern: /GOCSPX-[\w-]{20,}/g,
  },
  { rule: 'google-oauth', what: 'Google OAuth token', hint: 'ya29.', pattern: /ya29\.[\w-]{20,}/g },
  {
    rule: 'slack-token',
    what: 'Slack token',
    hint: 'x',
    pattern: /xox[abcdeoprs]-[A-Za-z0-9-]{18,}|xapp-\d-[A-Za-z0-9-]{18,}/g,
  },
  {
    rule: 'webhook-url',
    what: 'webhook URL',
    hint: 'hook',
    pattern:
      /(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/|discord(?:app)?\.com\/api\/webhooks\/)[\w/-]{20,}/g,
  },
  {
    rule: 'webhook-url',
    what: 'webhook URL',
    hint: 'hook',
    // Requires an id after it, which pages about hooks do not have.
    pattern: /(?<=:\/\/[^\s"'<>]{1,200}\/(?:web)?hooks?(?:b2)?\/)[\w@/.-]{16,512}/g,
    isToken: (match) => /[A-Za-z]\d|\d[A-Za-z]/.test(match[0]) && /[A-Za-z0-9-]{16,}/.test(match[0]),
  },
  { rule: 'npm-token', what: 'npm token', hint: 'npm_', pattern: /npm_[A-Za-z0-9]{30,}/g },
  { rule: 'pypi-token', what: 'PyPI token', hint: 'pypi-', pattern: /pypi-AgE[\w-]{40,}/g },
  {
    rule: 'vault-token',
    what: 'HashiCorp Vault token',
    hint: '.',
    pattern: /(?<![A-Za-z0-9])hv[sbr]\.[\w-]{20,}|(?<![\w.-])[sbr]\.[A-Za-z0-9]{24}(?![\w.-])/g,
  },
  {
    rule: 'terraform-token',
    what: 'HCP Terraform token',
    hint: '.atlasv1.',
    pattern: /[A-Za-z0-9]{10,20}\.atlasv1\.[\w=-]{40,}/g,
  },
  {
    rule: 'stripe-key',
    what: 'Stripe key',
    hint: 'k_',
    pattern: /(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}/g,
  },
  {
    rule: 'stripe-key',
    what: 'Stripe webhook secret',
    hint: 'whsec_',
    pattern: /whsec_[A-Za-z0-9+/=]{24,}/g,
  },
  {
    rule: 'ai-key',
    what: 'API key of an AI service',
    hint: 'sk-',
    pattern:
      /(?<![A-Za-z0-9])sk-(?:ant|proj|svcacct|admin|or)-[\w-]{20,}|(?<![A-Za-z0-9])sk-[A-Za-z0-9]{32,}/g,
  },
  {
    rule: 'huggingface-token',
    what: 'Hugging Face token',
    hint: 'hf_',
    pattern: /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/g,
  },
  {
    rule: 'age-key',
    what: 'age secret key',
    hint: 'AGE-SECRET-KEY-',
    pattern: /AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{40,}/g,
  },
  {
    rule: 'digitalocean-token',
    what: 'DigitalOcean token',
    hint: '_v1_',
    pattern: /do[opr]_v1_[a-f0-9]{40,}/g,
  },
  { rule: 'sendgrid-key', what: 'SendGrid key', hint: 'SG.', pattern: /SG\.[\w-]{16,32}\.[\w-]{32,}/g },
  { rule: 'docker-token', what: 'Docker Hub token', hint: 'dckr_', pattern: /dckr_(?:pat|oat)_[\w-]{20,}/g },
  { rule: 'grafana-token', what: 'Grafana token', hint: 'gl', pattern: /gl(?:sa|c)_[A-Za-z0-9+/=_]{30,}/g },
  {
    rule: 'databricks-token',
    what: 'Databricks token',
    hint: 'dapi',
    pattern: /(?<![A-Za-z0-9])dapi[a-f0-9]{32}/g,
  },
  { rule: 'pulumi-token', what: 'Pulumi token', hint: 'pul-', pattern: /(?<![A-Za-z0-9])pul-[a-f0-9]{40}/g },
  {
    rule: 'doppler-token',
    what: 'Doppler token',
    hint: 'dp.',
    pattern: /(?<![A-Za-z0-9])dp\.(?:ct|pt|st|sa|scim|audit)\.[\w.-]{30,}/g,
  },
  {
    rule: 'telegram-token',
    what: 'Telegram bot token',
    hint: ':AA',
    pattern: /(?<!\d)\d{8,12}:AA[\w-]{30,}/g,
  },
  { rule: 'sonar-token', what: 'SonarQube token', hint: 'sq', pattern: /(?<![a-z])sq[apu]_[a-f0-9]{40}/g },
  {
    rule: 'new-relic-key',
    what: 'New Relic key',
    hint: 'NR',
    pattern: /[A-Za-z0-9]{30,40}NRAL|NRAK-[A-Z0-9]{20,}/g,
  },
  {
    rule: 'nats-seed',
    what: 'NATS nkey seed',
    hint: /S[UAONC][A-Z2-7]{56}/,
    pattern: /(?<![A-Za-z0-9])S[UAONC][A-Z2-7]{56}(?![A-Za-z0-9])/g,
  },
  {
    rule: 'vendor-token',
    what: 'token behind its name',
    hint: /:[A-Za-z0-9]{30}/,
    // `token-x2kjz:…`: a name with a number or an id, then a run of letters and digits that is no git revision.
    pattern:
      /(?<![\w./-])[a-z][a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){1,3}:(?![0-9a-f]{30,}(?![A-Za-z0-9]))(?=[A-Za-z]*\d[A-Za-z]*\d)[A-Za-z0-9]{30,}/g,
  },
  {
    rule: 'licence-key',
    what: 'licence key',
    hint: /[A-Z0-9]{5}-[A-Z0-9]{5}-/,
    pattern: /(?<![\w-])(?=[A-Z-]{0,29}\d)(?=[\d-]{0,29}[A-Z])[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3,7}(?![\w-])/g,
  },
  {
    rule: 'bootstrap-token',
    what: 'Kubernetes bootstrap token',
    hint: '.',
    // Without its id, the secret is just 16 characters. Requiring a digit in each half excludes DNS names.
    pattern: /(?<![\w.-])(?=[a-z]{0,5}\d)[a-z0-9]{6}\.(?=[a-z]{0,15}\d)[a-z0-9]{16}(?![\w-]|\.\w)/g,
  },
  {
    rule: 'k0s-token',
    what: 'k0s join token',
    hint: 'H4sI',
    pattern: /(?<![A-Za-z0-9+/])H4sI[A-Za-z0-9+/]{60,}={0,2}/g,
  },
  {
    rule: 'jwt',
    what: 'JSON Web Token (as Kubernetes service accounts have)',
    hint: 'eyJ',
    // The first part always matches in full: a pattern that had to reach a dot would take quadratic time.
    pattern: /eyJ[\w-]*(\.[\w-]{8,}(?:\.[\w-]*)?)?/g,
    isToken: (match) => match[1] !== undefined,
  },
];

/** Finds the parts of `text` that have the format of a known kind of token. */
export function findTokens(text: string): SecretSpan[] {
  const spans: SecretSpan[] = [];
  for (const { rule, what, hint, pattern, isToken } of TOKEN_FORMATS) {
    if (typeof hint === 'string' ? !text.includes(hint) : !hint.test(text)) continue;
    for (const match of text.matchAll(pattern)) {
      if (isToken && !isToken(match)) continue;
      spans.push({ start: match.index, end: match.index + match[0].length, rule, what });
    }
  }
  return spans;
}
