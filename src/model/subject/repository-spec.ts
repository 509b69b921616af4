import { UsageError } from '../../errors.js';

/** A `--repo` value: a folder or a URL, and the branch after `#`. */
export interface RepositorySpec {
  readonly place: string;
  readonly branch: string | undefined;
  readonly isUrl: boolean;
}

const BRANCH = /^(?![-/.])(?!.*(?:\.\.|\/\/|@\{|\.lock(?:\/|$)|[/.]$))[A-Za-z0-9._/@+-]{1,200}$/;

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
const WITH_USER = /^[^/\s]+@[^/\s]+:/;
/** `host:path` of ssh, and what `url.*.insteadOf` may stand for; a drive of Windows is a folder. */
const WITH_HOST = /^(?![a-z]:[\\/])[^/\s:]+:./i;

/**
 * Parses `DIR|URL[#BRANCH]`. As in git, an existing folder wins, even if its name contains `#` or looks like `host:path`.
 * Throws UsageError for a value that git would take for an option or a program.
 * @param isThere whether a path, as given, exists
 */
export function parseRepositorySpec(text: string, isThere: (path: string) => boolean): RepositorySpec {
  const isUrl = (place: string) => SCHEME.test(place) || WITH_USER.test(place);
  const whole = !isUrl(text) && text !== '' && isThere(text);
  const cut = whole ? -1 : text.lastIndexOf('#');
  const place = cut < 0 ? text : text.slice(0, cut);
  const branch = cut < 0 ? undefined : text.slice(cut + 1);
  const isFolder = !isUrl(place) && place !== '' && (whole || isThere(place));
  if (
    place.startsWith('-') ||
    /^[a-z0-9-]+::/i.test(place) ||
    /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^/\s]*@)?-/i.test(place) ||
    (!isFolder && /[\u0000-\u001f\u007f]/.test(place)) ||
    place === ''
  ) {
    throw new UsageError(`${JSON.stringify(place.slice(0, 80))} is not a folder or a URL of a repository`, {
      suggestions: ['Name a folder, or a URL such as https://host/team/state.git or git@host:team/state.git'],
      data: { repo: place.slice(0, 300) },
    });
  }
  if (branch !== undefined && !BRANCH.test(branch)) {
    throw new UsageError(`${JSON.stringify(branch.slice(0, 80))} is not a branch name`, {
      data: { branch: branch.slice(0, 300) },
    });
  }
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]+@/i.test(place)) {
    throw new UsageError(
      'the URL holds a password, which would be seen by everybody on this machine and kept',
      {
        suggestions: ["Leave it out; git's credential helper or KGIT_TOKEN gives it"],
      },
    );
  }
  return { place, branch, isUrl: isUrl(place) || (!isFolder && WITH_HOST.test(place)) };
}
