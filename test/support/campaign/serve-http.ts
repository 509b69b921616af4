/** Runs a git server over http: `node serve-http.js ROOT ADDRESS PORT`. */
import { createServer } from 'node:http';
import { httpBackend } from '../transport/http-backend.js';

const [root = '', address = '', port = ''] = process.argv.slice(2);
createServer((request, response) => httpBackend(root, 'writer', request, response)).listen(
  Number(port),
  address,
  () => process.stdout.write('listening\n'),
);
