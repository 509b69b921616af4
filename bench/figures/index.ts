import type { FigureName } from '../report.js';
import type { Row } from '../result.js';
import type { Surroundings } from '../surroundings.js';
import { backendStart } from './backend-start.js';
import { backendWriters } from './backend-writers.js';
import { backends, million as backendsMillion } from './backends.js';
import { bulk } from './bulk.js';
import { cold } from './cold.js';
import { contention, forge } from './contention.js';
import { deploy } from './deploy.js';
import { embedded } from './embedded.js';
import { growth } from './growth.js';
import { importFigure } from './import.js';
import { million } from './million.js';
import { push } from './push.js';
import { reads } from './reads.js';
import { script } from './script.js';
import { scriptApi } from './script-api.js';
import { secrets } from './secrets.js';
import { serve } from './serve.js';
import { start } from './start.js';
import { status } from './status.js';
import { validate } from './validate.js';

/** The functions that measure the figures. */
export const FIGURE_MAKERS: Readonly<
  Record<FigureName, (surroundings: Surroundings) => Row[] | Promise<Row[]>>
> = {
  START: start,
  PUSH: push,
  GROWTH: growth,
  MILLION: million,
  BULK: bulk,
  IMPORT: importFigure,
  COLD: cold,
  SCRIPT: script,
  'SCRIPT-API': scriptApi,
  SECRETS: secrets,
  DEPLOY: deploy,
  READS: reads,
  VALIDATE: validate,
  STATUS: status,
  CONTENTION: contention,
  FORGE: forge,
  EMBEDDED: embedded,
  SERVE: serve,
  BACKENDS: backends,
  'BACKENDS-WRITERS': backendWriters,
  'BACKENDS-START': backendStart,
  'BACKENDS-MILLION': backendsMillion,
};
