import { foldText } from './fold-text.js';

/** The word for `password`, `passphrase` or `PIN` in other languages, as one writes it before a value. */
const WORDS = [
  ...['Passwort', 'Kennwort', 'Zugangscode', 'wachtwoord', 'lösenord', 'passord', 'adgangskode', 'kodeord'],
  ...[
    'salasana',
    'parool',
    'jelszó',
    'heslo',
    'hasło',
    'geslo',
    'lozinka',
    'zaporka',
    'slaptažodis',
    'parolă',
  ],
  ...[
    'mot de passe',
    'mots de passe',
    'contraseña',
    'contrasenya',
    'senha',
    'palavra-passe',
    'parola d’ordine',
  ],
  ...['şifre', 'kata sandi', 'mật khẩu', 'lykilorð', 'fjalëkalim', 'pasahitza'],
  ...['пароль', 'пароля', 'парола', 'лозинка', 'κωδικός πρόσβασης', 'συνθηματικό', 'σύνθημα'],
  ...['密码', '密碼', '口令', 'パスワード', 'パスフレーズ', '暗証番号', '비밀번호', '암호'],
  ...['סיסמה', 'סיסמא', 'كلمة المرور', 'كلمة السر', 'رمز عبور', 'पासवर्ड', 'รหัสผ่าน'],
].map((word) => foldText(word).text.toLowerCase());

/** Pattern of a text that has such a word in it, folded: between its parts stand blanks, hyphens or nothing. */
export const FOREIGN_PASSWORD = WORDS.map((word) => word.replace(/[ '-]+/g, "[-_ ']?")).join('|');

const ENDS = new RegExp(`(?:${WORDS.map((word) => word.replace(/[ '-]+/g, '')).join('|')})$`);

/** Whether a name, folded, in lower case and without separators, ends with such a word: `dbkennwort`. */
export function isForeignPassword(flat: string): boolean {
  return ENDS.test(flat);
}
