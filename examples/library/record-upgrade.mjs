// Moves a deployment's version forward and records the upgrade of its clusters: node record-upgrade.mjs REPOSITORY VERSION
import { ConflictError, openStore } from 'kgit';

const [repository, version = ''] = process.argv.slice(2);
const store = await openStore(repository, { user: 'upgrade-bot' });
try {
  const before = await store.get('kof.version', { fetch: 'always' });
  try {
    // Only if nobody else has moved it meanwhile; the change and its event are one commit.
    const { changed } = await store.set(
      { 'kof.version': version },
      { if: { 'kof.version': before ?? null }, action: 'kof_upgraded', reason: 'weekly upgrade' },
    );
    for (const { path, before: was, after } of changed) console.log(`${path}: ${was} -> ${after}`);
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
    console.log(`somebody was faster: ${error.message}`);
  }

  const clusters = await store.list({ kind: 'cluster' });
  const { accepted, delivery } = await store.pushEvents(
    clusters.map(({ subject }) => ({
      subject,
      action: 'kof_upgraded',
      outcome: 'succeeded',
      parameters: { version },
    })),
  );
  console.log(`${accepted} clusters, ${delivery}`);

  let shown = 0;
  for await (const { timestamp, subject, action, user } of store.log({ users: ['upgrade-bot'] })) {
    console.log(`${timestamp.slice(0, 10)} ${action} ${subject} by ${user}`);
    if (++shown === 3) break;
  }
} finally {
  await store.close();
}
