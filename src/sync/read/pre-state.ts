import { InvalidStateError } from '../../errors.js';
import type { Value, ValueMap } from '../../model/value/value.js';
import type { PreStateFamily } from './legacy-family.js';

type Read = (lines: readonly string[], fail: (why: string, line: number) => InvalidStateError) => ValueMap;

const RESOURCE_HEAD = 'resource_type,resource_name,resource_group,location,additional_info';
const WIREGUARD_HEAD = 'hostname,wireguard_ip,private_key,public_key';
const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Splits the rows of a list without quotes, whose last column may contain commas or be empty. */
function rows(lines: readonly string[], head: string, fail: Parameters<Read>[1]): string[][] {
  if (lines[0] !== head) throw fail(`begins with other columns than ${head}`, 1);
  const width = head.split(',').length;
  return lines.slice(1).map((line, i) => {
    const cells = line.split(',');
    if (cells.length < width) throw fail(`has ${cells.length} columns instead of ${width}`, i + 2);
    return [...cells.slice(0, width - 1), cells.slice(width - 1).join(',')];
  });
}

function only(lines: readonly string[], rule: RegExp, what: string, fail: Parameters<Read>[1]): string {
  if (lines.length !== 1 || !rule.test(lines[0] ?? '')) throw fail(`is not one line with ${what}`, 1);
  return lines[0] as string;
}

/** Converts each of these files to the keys that deployment-state.yaml later used for the same data. */
const READERS: Record<PreStateFamily, Read> = {
  'deployment-name': (lines, fail) => {
    const name = only(lines, WORD, 'the name of a deployment', fail);
    // Before .clusterid replaced them, these files contained the name without its prefix.
    return { deployment_id: name.startsWith('k0rdent-') ? name : `k0rdent-${name}` };
  },
  'resource-manifest': (lines, fail) => {
    const keys = RESOURCE_HEAD.split(',');
    const list = rows(lines, RESOURCE_HEAD, fail).map((cells) =>
      Object.fromEntries(cells.map((cell, i) => [keys[i] as string, cell])),
    );
    return { azure_resource_manifest: list };
  },
  'wireguard-manifest': (lines, fail) => {
    const peers: [string, Value][] = rows(lines, WIREGUARD_HEAD, fail).map(([host = '', ip, secret, key]) => [
      host,
      { ip: ip ?? '', private_key: secret ?? '', public_key: key ?? '' },
    ]);
    return { wireguard_peers: Object.fromEntries(peers) };
  },
  'wireguard-port': (lines, fail) => ({
    config: { wireguard_port: only(lines, /^\d{1,5}$/, 'a port', fail) },
  }),
  'vpn-setup': (lines, fail) => ({
    wg_setup_method: only(lines, /^(cli|gui)$/, "'cli' or 'gui'", fail),
  }),
};

/** Parses a file from before there was a state file; null if it is empty. Throws InvalidStateError. */
export function parsePreState(text: string, path: string, family: PreStateFamily): ValueMap | null {
  const lines = text.split(/\r\n|\n/);
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return null;
  const fail = (why: string, line: number) =>
    new InvalidStateError(`${path}:${line}:1: ${why}`, { data: { path, line, column: 1 } });
  return READERS[family](lines, fail);
}
