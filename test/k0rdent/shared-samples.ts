import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../../../shared/k0rdent', import.meta.url));

/** Whether k0rdent's CRDs and all samples lie beside the repository; the project does not copy them. */
export const hasSharedSamples = existsSync(ROOT);
if (!hasSharedSamples) console.warn(`not tested against k0rdent's CRDs: no ${ROOT}`);

export const sharedObjects = join(ROOT, 'objects');
export const sharedExpected = () => readFileSync(join(ROOT, 'EXPECTED.tsv'), 'utf8');

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { openAPIV3Schema: object } }[];
  };
}

/** What of an object breaks the CRD of its kind and version; null where no CRD is of it. */
export function crdProblems(): (object: { apiVersion: string; kind: string }) => string[] | null {
  // Formats are Go's (int32, date-time), and Kubernetes' own keys stand beside the standard ones.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const folder = join(ROOT, 'crds');
  const validators = new Map<string, ValidateFunction>(
    readdirSync(folder).flatMap((file) => {
      const { group, names, versions } = (parse(readFileSync(join(folder, file), 'utf8')) as Crd).spec;
      return versions.map(
        ({ name, schema }) =>
          [`${group}/${name} ${names.kind}`, ajv.compile(schema.openAPIV3Schema)] as const,
      );
    }),
  );
  return (object) => {
    const validate = validators.get(`${object.apiVersion} ${object.kind}`);
    if (validate === undefined) return null;
    return validate(object)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}
