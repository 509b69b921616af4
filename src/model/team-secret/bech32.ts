/** The characters of Bech32, each at its value (BIP 173). */
const CHARACTERS = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Whether the checksum of a Bech32 text such as `age1…` fits (BIP 173, without its limit of 90 characters, as age has it). */
export function hasChecksum(text: string): boolean {
  const separator = text.lastIndexOf('1');
  const prefix = [...Buffer.from(text.slice(0, separator))];
  const data = [...text.slice(separator + 1)].map((character) => CHARACTERS.indexOf(character));
  if (separator < 1 || data.includes(-1)) return false;
  const values = [...prefix.map((byte) => byte >> 5), 0, ...prefix.map((byte) => byte & 31), ...data];
  return values.reduce(checksumOf, 1) === 1;
}

function checksumOf(sum: number, value: number): number {
  const top = sum >> 25;
  return GENERATOR.reduce(
    (next, generator, i) => ((top >> i) & 1 ? next ^ generator : next),
    ((sum & 0x1ffffff) << 5) ^ value,
  );
}
