import { type EtcdServer, startEtcd } from '../../support/servers/etcd-server.js';
import { storeCommands } from '../../support/store-commands.js';

let server: EtcdServer;

storeCommands({
  backend: 'etcd',
  begin: async () => {
    server = await startEtcd();
    return `etcd://127.0.0.1:${server.port}#team`;
  },
  end: () => server.kill(),
});
