import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Certificate {
  /** The private key, in PEM. */
  readonly key: string;
  /** In PEM. */
  readonly cert: string;
}

// Tags of ASN.1 types (X.690).
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_ID = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
/** The tag of an optional field, which X.509 numbers. */
const field = (number: number) => 0xa0 + number;

/** A length below 2^16 in DER, which allows only the shortest form. */
function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

/** One value in DER: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(body.length)]), body]);
}

const hex = (digits: string) => Buffer.from(digits, 'hex');
const text = (tag: number, content: string) => der(tag, Buffer.from(content, 'utf8'));

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_ID, hex('2a8648ce3d040302')));
const COMMON_NAME = der(OBJECT_ID, hex('550403'));
const BASIC_CONSTRAINTS = der(OBJECT_ID, hex('551d13'));
const SUBJECT_ALT_NAME = der(OBJECT_ID, hex('551d11'));
const LOCALHOST = der(
  SEQUENCE,
  // A DNS name and an IP address, with their tags from RFC 5280.
  text(0x82, 'localhost'),
  der(0x87, Buffer.from([127, 0, 0, 1])),
);

function extensions(): Buffer {
  const isAuthority = der(SEQUENCE, der(BOOLEAN, hex('ff')));
  return der(
    field(3),
    der(
      SEQUENCE,
      der(SEQUENCE, BASIC_CONSTRAINTS, der(BOOLEAN, hex('ff')), der(OCTET_STRING, isAuthority)),
      der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, LOCALHOST)),
    ),
  );
}

/**
 * A self-signed certificate for 127.0.0.1 and localhost, with a key of its own. Node cannot issue certificates and a
 * user may have no openssl, so this writes the one that is needed. Its dates span decades: the key never leaves the
 * process, so nothing depends on when it expires.
 */
export function selfSignedCertificate(): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, text(UTF8_STRING, 'kgit stand-in cluster'))),
  );
  // The first bit of the serial number is its sign.
  const serial = Buffer.concat([Buffer.from([0x01]), randomBytes(15)]);
  const body = der(
    SEQUENCE,
    der(field(0), der(INTEGER, hex('02'))),
    der(INTEGER, serial),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, text(UTC_TIME, '200101000000Z'), text(UTC_TIME, '491231235959Z')),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    extensions(),
  );
  const signature = der(BIT_STRING, hex('00'), sign('sha256', body, privateKey));
  const lines = der(SEQUENCE, body, ECDSA_WITH_SHA256, signature)
    .toString('base64')
    .match(/.{1,64}/g);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines?.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
