import { foldText, isAscii } from './fold-text.js';
import { lazily } from './lazily.js';

/** Words for `password` in other languages, without accents, as written before a value. */
const PLAIN = [
  'passwort',
  'kennwort',
  'zugangscode',
  'wachtwoord',
  'losenord',
  'passord',
  'adgangskode',
  'kodeord',
  'salasana',
  'parool',
  'jelszo',
  'heslo',
  'haslo',
  'geslo',
  'lozinka',
  'zaporka',
  'slaptazodis',
  'parola',
  'mot de passe',
  'mots de passe',
  'contrasena',
  'contrasenya',
  'senha',
  'palavra-passe',
  "parola d'ordine",
  'sifre',
  'kata sandi',
  'mat khau',
  'lykilord',
  'fjalekalim',
  'pasahitza',
];
/** The same in other alphabets; not searched for in texts without any of their characters. */
const OTHER = [
  'пароль',
  'пароля',
  'парола',
  'лозинка',
  'κωδικός πρόσβασης',
  'συνθηματικό',
  'σύνθημα',
  '密码',
  '密碼',
  '口令',
  'パスワード',
  'パスフレーズ',
  '暗証番号',
  '비밀번호',
  '암호',
  'סיסמה',
  'סיסמא',
  'كلمة المرور',
  'كلمة السر',
  'رمز عبور',
  'पासवर्ड',
  'รหัสผ่าน',
];

const inText = (words: readonly string[]) =>
  // Longest first: `parola` would hide `parola d'ordine`.
  [...words]
    .sort((a, b) => b.length - a.length)
    .map((word) => word.replace(/[ '-]+/g, "[-_ ']?"))
    .join('|');
const atEnd = (words: readonly string[]) =>
  new RegExp(`(?:${words.map((word) => word.replace(/[ '-]+/g, '')).join('|')})$`);
const folded = lazily(() => OTHER.map((word) => foldText(word).text.toLowerCase()));

/** The beginnings of the words in plain letters, up to the first place where a text may separate their parts. */
export const PLAIN_STEMS: readonly string[] = PLAIN.map((word) => word.replace(/[ '-].*$/, ''));

/** Patterns for these words in a folded text; blanks, hyphens or nothing may separate their parts. */
export const PLAIN_PASSWORD = inText(PLAIN);
export const otherPassword = lazily(() => inText(folded()));

const PLAIN_END = atEnd(PLAIN);
const otherEnd = lazily(() => atEnd(folded()));

/** Whether a name (folded, lower case, without separators) ends with such a word: `dbkennwort`. */
export function isForeignPassword(flat: string): boolean {
  return PLAIN_END.test(flat) || (!isAscii(flat) && otherEnd().test(flat));
}
