import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanText } from '../../../../src/model/secret/forms/scan-text.js';

const MEGABYTE = 1 << 20;
/** What drives each rule the furthest without a match, or to the most matches. */
const HOSTILE = [
  ...['a', 'aA1', '=', 'A'.repeat(43).concat('='), 'eyJ', 'eyJa.', '0a.0', '%2F', '💥'],
  ...[
    'password',
    'password=',
    'password="',
    "pwd='",
    'password={{',
    'token ',
    '--token ',
    'token=a&',
    'token=a&b=',
  ],
  ...[
    '://',
    '://@',
    'a://b:',
    '://u:p@',
    'authorization:',
    'Authorization: Bearer ',
    'curl -u a:',
    'mysql -p ',
  ],
  ...[
    '-----BEGIN ',
    '-----BEGIN CERTIFICATE-----',
    'BEGIN A B C ',
    'ENC[AES256_GCM,',
    'sha256-',
    '--from-literal=a=',
  ],
  // Of the forms of commands and files, and of other alphabets.
  ...[
    'echo a',
    'echo a | ',
    'echo a | sudo ',
    '(echo a; ',
    'sudo -S <<<',
    'htpasswd -b a ',
    'htpasswd -b ',
    '-U a%',
  ],
  ...[
    'redis-cli ',
    'redis-cli -a ',
    'ldapsearch -w -',
    'zip -P',
    '7z -p',
    'snmpget -A ',
    'pass:',
    ' -passin pass:',
  ],
  ...[
    'cookie: a=b; ',
    'Cookie: ',
    'sess',
    'sid=',
    'x-a-key',
    'x-',
    'X-Auth-Token: ',
    'recovery code 1234-',
    'licence key ',
  ],
  ...[
    'identified by ',
    'password(',
    'a:5432:',
    'a:5432:b:c:',
    '[a]:1 b:',
    'login a password ',
    '</password>',
    '<password>',
  ],
  ...[
    'kind: Secret\ndata:\n  a: b\n',
    'kind: Secret',
    '- - - ',
    '{"kind":"Secret","data":{',
    'kind: Secret {"',
    ' \r',
  ],
  ...[
    '2d2d2d2d2d424547494e',
    '2d 2d',
    'https://a/',
    'https://youtube.com/a?v=',
    'hook/',
    '://a/hooks/',
    'data:image/png;base64,',
  ],
  ...[
    'a-b:',
    'token-x:a1',
    'AB123-',
    'hash: ',
    'h1:',
    'AgB',
    'password is ',
    'password of a ',
    'login a / ',
    'пароль: ',
    '密码：',
  ],
  ...['pａss', '\u200b', 'é', 'PIN ', 'pw ', 'pw a1', '密码', 'mot de ', 'PSK ', 'Ａ'],
];

describe('scanText', () => {
  it.each(HOSTILE)('takes linear time on a megabyte of %j', (unit) => {
    const text = unit.repeat(Math.ceil(MEGABYTE / unit.length));
    const start = process.cpuUsage();
    scanText(text);
    // Processor time, for on a busy machine the clock runs on without us; what is quadratic takes minutes.
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000);
  });

  it('finds the secret at the end of a megabyte', () => {
    expect(scanText(`${'word '.repeat(MEGABYTE / 5)}--password swordfish`)).toHaveLength(1);
  });

  it('loses nothing to its quick test for short names: a blank before does not change the answer', () => {
    const short = fc.stringMatching(/^(?:[a-z0-9_.-]{0,22}|[A-Za-z0-9_.-]{0,9}|[0-9TZ:.+-]{0,35})$/);
    fc.assert(
      fc.property(short, (text) => {
        expect(scanText(text)).toEqual([]);
        expect(scanText(`\u00a0\u00a0${text}`).filter(({ rule }) => rule !== 'bootstrap-token')).toEqual([]);
      }),
    );
  });
});
