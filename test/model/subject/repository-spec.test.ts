import { expect, it } from 'vitest';
import { parseRepositorySpec } from '../../../src/model/subject/repository-spec.js';

/** A spec where only these paths are there. */
const parse = (text: string, ...there: string[]) => {
  const { place, branch, isUrl } = parseRepositorySpec(text, (path) => there.includes(path));
  return `${isUrl ? 'URL' : 'folder'} ${place}${branch === undefined ? '' : ` branch ${branch}`}`;
};

it.each([
  ['state', 'folder state'],
  ['../state#side', 'folder ../state branch side'],
  ['https://host/team/state.git#side', 'URL https://host/team/state.git branch side'],
  ['git@host:team/state.git', 'URL git@host:team/state.git'],
  ['work:team/state.git#side', 'URL work:team/state.git branch side'],
  ['gh:team/state', 'URL gh:team/state'],
  ['./gh:team/state', 'folder ./gh:team/state'],
  ['C:\\state', 'folder C:\\state'],
])('%s is the %s', (text, expected) => expect(parse(text)).toBe(expected));

it.each([
  ['a#b', ['a#b'], 'folder a#b'],
  ['a#b', ['a'], 'folder a branch b'],
  ['a#b#side', ['a#b'], 'folder a#b branch side'],
  ['a\nb', ['a\nb'], 'folder a\nb'],
  ['gh:team/state', ['gh:team/state'], 'folder gh:team/state'],
  ['gh:team/state#side', ['gh:team/state'], 'folder gh:team/state branch side'],
  // A folder that somebody laid there never stands for a host that is named in full.
  ['https://host/state', ['https://host/state'], 'URL https://host/state'],
  ['git@host:state', ['git@host:state'], 'URL git@host:state'],
])('%j where %j is there is the %s', (text, there, expected) => expect(parse(text, ...there)).toBe(expected));

it.each([
  '',
  '-x',
  'ext::sh -c id',
  'a\nb',
  '-oProxyCommand=id:x',
  'ssh://-oProxyCommand=id/x',
  '#main',
  'a#-b',
])('refuses %j', (text) => expect(() => parse(text)).toThrow());

it.each(['-x', 'ext::sh -c id'])('refuses %j also where it is there', (text) =>
  expect(() => parse(text, text)).toThrow(),
);
