import { ageRecipient } from '../../../src/model/team-secret/recipients.js';

export const ADA = ageRecipient('age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p');
export const BEN = ageRecipient('age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg');
export const SEALED =
  'ENC[AES256_GCM,data:yn4=,iv:OfezzywAvNK41+cRf3ew/2HAfiniYpWDodIRVYZ6gHg=,tag:EN7D46YOl45UK8/cyHxwjA==,type:str]';

/** The file of a secret as sops writes it; nothing of it is decrypted here. */
export function sealed(path = 'azure.client_secret', recipients = [ADA], more: object = {}): string {
  const age = recipients.map(({ id }) => ({ recipient: id, enc: 'x' }));
  const sops = { age, mac: SEALED, encrypted_regex: '^value$', version: '3.13.3' };
  return JSON.stringify({ path, value: SEALED, sops, ...more });
}
