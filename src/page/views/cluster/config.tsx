import { Panel } from '../../parts/panel.js';
import { Tree } from '../../parts/tree.js';

/** The cluster's `spec.config`, in which the server has masked secrets. */
export function Config({ config }: { readonly config: unknown }) {
  if (config === null || config === undefined) return null;
  return (
    <Panel title="Config">
      <Tree value={config} />
    </Panel>
  );
}
