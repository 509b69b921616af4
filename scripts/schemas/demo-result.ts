/** The result of `kgit demo`. */
import { z } from 'zod';
import { count } from './parts.js';

const demo = {
  path: z.string(),
  state: z.string().describe('The clone in which to type commands.'),
  remote: z.string().describe("The bare repository that stands for the team's git server."),
  kubeconfig: z.string().describe('Its path; KUBECONFIG has to name it.'),
  server: z.string().describe('Address of the stand-in for k0rdent, which answers until the command ends.'),
  clusters: count,
  events: count,
  hasKubectl: z.boolean().describe('Whether kubectl is on the PATH.'),
};

export const demoShapes = [demo];
