import { namesOf, pathOf } from '../state/router.js';
import { oneLine } from './text.js';

/** The path of the view of a subject; null if it has none. */
function viewOf(subject: string): string | null {
  const [kind, ...names] = namesOf(subject) ?? [];
  if (kind === 'cluster' && names.length === 3) return pathOf('clusters', ...names);
  if (kind === 'deployment' && names.length === 1) return pathOf('deployments', ...names);
  return null;
}

/** A subject, `deployment/ID` or `cluster/MANAGEMENT/NAMESPACE/NAME`, as a link to its view. */
export function SubjectLink({ subject }: { readonly subject: string }) {
  const path = viewOf(subject);
  const [kind = '', ...names] = subject.split('/');
  const text = oneLine(names.at(-1) ?? subject);
  return (
    <>
      {path === null ? (
        <span class="one-line">{text}</span>
      ) : (
        <a class="row-link" href={path}>
          {text}
        </a>
      )}
      <span class="sub">{oneLine([kind, ...names.slice(0, -1)].join(' / '))}</span>
    </>
  );
}
