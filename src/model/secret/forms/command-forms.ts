import { isOpaque, looksLikePassword } from '../placeholder.js';

/** A way in which commands, configuration files and headers contain a credential without naming it a password. */
export interface LoginForm {
  readonly rule: string;
  readonly what: string;
  /** Every match contains one of these, in lower case: a cheap test before the pattern. */
  readonly hints: readonly string[];
  /** Global; its one group, the value, ends the match. Every repetition is bounded. */
  readonly pattern: RegExp;
  readonly isSecret?: (value: string) => boolean;
}

/** One-letter flags that mean the password in these programs, and something else in others. */
const FLAGS: readonly (readonly [flag: string, programs: string])[] = [
  ['-P', 'ipmitool|mosquitto_pub|mosquitto_sub|mosquitto_rr|zip|unzip|sqlcmd|bcp|ssh-keygen|zipcloak'],
  ['-N', 'ssh-keygen'],
  [
    '-p',
    'racadm|mongosh|mongo|mongodump|mongorestore|mongoexport|mongoimport|cqlsh|cypher-shell|sendxmpp|security|influx|arangosh|mega-login|xmpp',
  ],
  ['-a', 'redis-cli|keydb-cli|valkey-cli|redis-benchmark'],
  ['-w', 'ldapsearch|ldapmodify|ldapadd|ldapdelete|ldappasswd|ldapwhoami|ldapcompare|ldapmodrdn'],
  ['-s', 'ldappasswd'],
  ['-k', 'openssl enc'],
  ['-A', 'snmpwalk|snmpget|snmpset|snmpbulkwalk|snmpgetnext|snmptrap|snmptable'],
  ['-X', 'snmpwalk|snmpget|snmpset|snmpbulkwalk|snmpgetnext|snmptrap|snmptable'],
];

const FLAG_FORMS: readonly LoginForm[] = FLAGS.map(([flag, programs]) => ({
  rule: 'login',
  what: `password behind ${flag}`,
  hints: programs.split('|'),
  pattern: new RegExp(
    `\\b(?:${programs})\\b[^\\n|;&]{0,200}?[ \\t]${flag}[ \\t=]{1,4}["']?([^\\s"'|;&-][^\\s"']{0,1024})`,
    'g',
  ),
}));

const BY_STDIN =
  'sudo\\b[^|;&\\n]{0,60}?[ \\t](?:-\\w{0,6}S|--stdin)|su\\b|(?:sudo[ \\t]{1,4})?(?:chpasswd|passwd\\b|smbpasswd|cryptsetup|kinit|pbkdf2|gh[ \\t]{1,4}auth[ \\t]{1,4}login)|[^|;&\\n]{1,120}?--(?:password|passphrase|pw|pass|token|key-file)-?(?:stdin|fd[ \\t=]{1,3}0|file[ \\t=]{1,3}-)';

/** Credentials in the syntax of specific commands. */
export const COMMAND_FORMS: readonly LoginForm[] = [
  ...FLAG_FORMS,
  {
    rule: 'login',
    what: 'password piped to a command',
    hints: ['|'],
    pattern: new RegExp(
      `(?:\\becho|\\bprintf)[ \\t]{1,4}(?:-\\w{1,4}[ \\t]{1,4}|["']%s(?:\\\\n)?["'][ \\t]{1,4})?["']?([^\\s|"'][^|"'\\n]{0,256}?)(?=["']?[ \\t]{0,4}\\|[ \\t]{0,4}(?:${BY_STDIN}))`,
      'g',
    ),
  },
  {
    rule: 'login',
    what: 'password piped to a command',
    hints: ['passwd'],
    pattern:
      /\becho[ \t]{1,4}["']?([^\s|"';)]{1,256})(?=["']?[ \t]{0,4};[^|\n]{0,300}\)[ \t]{0,4}\|[ \t]{0,4}(?:sudo[ \t]{1,4})?(?:smb)?passwd)/g,
  },
  {
    rule: 'login',
    what: 'password handed to sudo',
    hints: ['<<<'],
    pattern: /\bsudo\b[^\n|;&<]{0,200}[ \t]-\w{0,6}S\b[^\n|;&<]{0,200}<<<[ \t]{0,4}["']?([^\s"']{1,1024})/g,
  },
  {
    rule: 'login',
    what: 'password on the command line of htpasswd',
    hints: ['htpasswd'],
    pattern:
      /\bhtpasswd[ \t]{1,4}(?:-\w{1,8}[ \t]{1,4}){0,3}-\w{0,6}b\w{0,6}(?:[ \t]{1,4}[^\s|;&]{1,200}){1,4}?[ \t]{1,4}["']?([^\s|;&"'-][^\s|;&"']{0,200})(?=["']?[ \t]{0,4}(?:$|[|;&\n)>]))/g,
  },
  {
    rule: 'login',
    what: 'password of a new user',
    hints: ['rabbitmqctl', 'wpa_passphrase'],
    pattern:
      /\b(?:rabbitmqctl\b[^\n|;&]{0,60}?[ \t](?:add_user|change_password|authenticate_user)|wpa_passphrase)[ \t]{1,4}\S{1,100}[ \t]{1,4}["']?([^\s"']{1,200})/g,
  },
  {
    rule: 'login',
    what: 'password behind user%',
    hints: ['%'],
    pattern:
      /(?:^|\s)(?:-U|--user|--username|--authentication-file)[ \t=]{0,4}["']?[^\s%"'=:]{1,100}%([^\s%"']{1,200})(?=["'\s]|$)/g,
  },
  {
    rule: 'login',
    what: 'password of OpenSSL',
    hints: ['pass:'],
    pattern: /[ \t]-{1,2}(?:pass|passin|passout|srcpass|dstpass)[ \t=]{1,4}["']?pass:([^\s"']{1,1024})/g,
  },
  {
    rule: 'login',
    what: 'password behind a flag of Windows',
    hints: ['winrs', 'freerdp', 'rdesktop', 'mstsc', 'psexec', 'wmic', 'cmdkey', '/user:'],
    pattern:
      /\b(?:(?:winrs|w?freerdp|xfreerdp|xfreerdp3|rdesktop|mstsc|psexec|wmic|cmdkey)\b[^\n|]{0,300}?[ \t][-/](?:p|pass|password):|net[ \t]{1,4}use\b[^\n|]{0,200}?\/user:\S{1,100}[ \t]{1,4})["']?([^\s"']{1,200})/gi,
  },
  {
    rule: 'login',
    what: 'password behind the user',
    hints: ['lftp', 'sqlplus'],
    pattern:
      /\b(?:lftp\b[^\n|;&]{0,100}?[ \t]-u[ \t]{1,4}["']?[^\s,"']{1,100},|sqlplus[ \t]{1,4}(?:-\w{1,10}[ \t]{1,4}){0,4}["']?[\w$#]{1,60}\/)([^\s"'@]{1,200})/g,
  },
  {
    rule: 'login',
    what: 'password of an archive',
    hints: ['7z', 'rar '],
    pattern: /\b(?:7z[arz]?|rar|unrar)\b[^\n|;&]{0,200}?[ \t]-h?p([^\s-][^\s"']{1,200})/g,
  },
  {
    rule: 'login',
    what: 'plain text that is encrypted',
    hints: ['encrypt_string', 'convertto-securestring'],
    pattern:
      /(?:encrypt_string|ConvertTo-SecureString)[ \t]{1,4}(?:-{1,2}[\w-]{1,30}[ \t]{1,4}){0,4}["']([^"'\n$]{1,1024})/gi,
  },
  {
    rule: 'login',
    what: 'password in SQL',
    hints: ['identified', 'password'],
    pattern:
      /\b(?:identified[ \t]{1,4}(?:with[ \t]{1,4}\w{1,60}[ \t]{1,4})?(?:by|as)|(?:with|encrypted|set)[ \t]{1,4}password|password[ \t]{0,4}\()[ \t]{0,4}(?:=[ \t]{0,4})?\\?["']([^"'\n]{1,1024})/gi,
  },
  {
    rule: 'login',
    what: 'user and password of a registry',
    hints: ['--cred', '-cred'],
    pattern: /--(?:src-|dest-)?creds?[ \t=]{1,4}["']?[^\s:"']{1,100}:([^\s"']{1,1024})/g,
  },
];

/** Credentials in the syntax of specific configuration files and headers. */
export const FILE_FORMS: readonly LoginForm[] = [
  {
    rule: 'login',
    what: 'password of .netrc',
    hints: ['login'],
    pattern: /\blogin\s{1,8}\S{1,200}\s{1,8}password\s{1,8}([^\s"']{1,1024})/g,
  },
  {
    rule: 'login',
    what: 'password of .pgpass',
    hints: [':'],
    pattern:
      /^(?=[^:]{0,60}[a-z*])[\w.*-]{1,253}:(?:\d{4,5}|\*):[\w*-]{1,63}:[\w*-]{1,63}:([^\s:]{1,200})$/gim,
  },
  {
    rule: 'login',
    what: 'password of a mail relay',
    hints: [']:'],
    pattern: /^\[[\w.-]{1,253}\]:\d{1,5}[ \t]{1,8}[^\s:]{1,100}:([^\s]{1,200})/gm,
  },
  {
    rule: 'login',
    what: 'password in a data source name',
    hints: ['@tcp(', '@unix(', '@udp('],
    pattern: /(?<![\w.-])[\w.-]{1,64}:([^\s:@/"']{1,200})(?=@(?:tcp|unix|udp)\()/g,
  },
  {
    rule: 'login',
    what: 'password of a configuration file',
    hints: ['requirepass', 'masterauth', 'rootpw', 'stats', 'psk'],
    pattern:
      /(?:^|[\n])[ \t]{0,16}(?:(?:requirepass|masterauth|rootpw)[ \t]{1,8}|stats[ \t]{1,4}auth[ \t]{1,4}[^\s:]{1,100}:|[^\n"]{0,300}[ \t:]PSK[ \t]{1,4}(?="))["']?([^\s"']{1,512})/g,
  },
  {
    rule: 'login',
    what: 'password in XML',
    hints: ['</'],
    pattern: /<\w{0,40}(?:password|passwd|passphrase|pwd|secret|token|apikey)>([^<>\n]{1,1024})(?=<\/)/gi,
  },
  {
    rule: 'session-cookie',
    what: 'session cookie',
    hints: ['cookie', 'sess', 'sid', 'csrf', 'xsrf', ' -b', 'remember_token'],
    pattern:
      /(?:\b(?:set-)?cookie["']?[ \t]{0,4}[:=][ \t]{0,4}["']?(?:[\w.-]{1,60}=[^\s;"']{0,300};[ \t]{0,4}){0,10}?[\w.-]{1,60}=|[ \t](?:-b|--cookie)[ \t=]{1,4}["']?[\w.-]{1,60}=|(?<![A-Za-z0-9])(?:[\w.-]{0,40}sess(?:ion)?(?:[-_]?(?:id|key|token))?|connect\.sid|sid|jsessionid|phpsessid|csrf-?token|xsrf-token|remember_token)["']?[ \t]{0,2}[:=][ \t]{0,2}["']?)([^\s;"',&]{16,4096})/gi,
    isSecret: isCookieValue,
  },
  {
    rule: 'authorization',
    what: 'header that lets in',
    hints: ['x-', '-token'],
    pattern:
      /\b(?:x-[\w-]{0,40}(?:key|token|auth|secret|api|session|password)|(?:circle|private|job)-token)["']?[ \t]{0,4}:[ \t]{0,4}["']?([^\s"']{8,4096})/gi,
    isSecret: (value) => isOpaque(value) || looksLikePassword(value),
  },
  {
    rule: 'recovery-code',
    what: 'recovery code',
    hints: ['recovery', 'backup', 'scratch', 'one-time'],
    pattern:
      /\b(?:recovery|backup|scratch|one-time)[-_ ]?(?:codes?|key)\b["']?[ \t]{0,4}(?:[:=]|is|are)?[ \t]{0,4}["']?((?:[A-Za-z0-9]{4,12}[- ]){1,12}[A-Za-z0-9]{4,12})/gi,
    isSecret: (value) => /\d/.test(value) && /[A-Za-z]\d|\d[A-Za-z]|\d{6}/.test(value),
  },
  {
    rule: 'licence-key',
    what: 'licence key',
    hints: ['licen', 'product', 'serial', 'activation'],
    pattern:
      /\b(?:licen[cs]e(?:[-_ ]?(?:key|code|number))?|product[-_ ]?key|serial(?:[-_ ]?(?:key|number))?|activation[-_ ]?(?:key|code))["']?[ \t]{0,4}(?:[:=]|is)[ \t]{0,4}["']?([A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){2,8})(?![\w-])/gi,
    isSecret: (value) => /\d/.test(value) && /[A-Za-z]/.test(value) && !/^[a-z]+-[a-z]+-/.test(value),
  },
];

function isCookieValue(value: string): boolean {
  return isOpaque(value) && !/^[\w-]{1,40}:\/\//.test(value);
}
