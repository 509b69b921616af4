import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, type Value } from '../model/value/value.js';
import { parseYaml } from '../model/yaml/yaml.js';
import type { KubeObject } from './api-server/objects.js';
import type { ManagementCluster } from './api-server/routes.js';
import { movedTimes, SAMPLES_NOW } from './sample-clock.js';

/** Where the samples are in this program's folder. */
export const SAMPLES_FOLDER = 'templates/demo';

/**
 * Reads the contents of the stand-in cluster, with times as they would be at `now`.
 * @param root this program's folder
 * @param now ms since the epoch
 * @param uid of the Management object, by which kgit distinguishes management clusters
 */
export async function sampleCluster(
  root: string,
  now: number,
  uid: string,
): Promise<Pick<ManagementCluster, 'clusters' | 'managements' | 'others'>> {
  const folder = join(root, SAMPLES_FOLDER, 'objects');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  const read = async (file: string) => {
    const value = parseYaml(await readFile(join(folder, file), 'utf8'), file);
    return objectsOf(movedTimes(value, now - SAMPLES_NOW.getTime()), file);
  };
  const objects = (await Promise.all(files.map(read))).flat();
  const isCluster = ({ kind }: KubeObject) => kind === 'ClusterDeployment';
  const isManagement = ({ kind }: KubeObject) => kind === 'Management';
  return {
    clusters: objects.filter(isCluster),
    managements: objects
      .filter(isManagement)
      .map((object) => ({ ...object, metadata: { ...object.metadata, uid } })),
    others: objects.filter((object) => !isCluster(object) && !isManagement(object)),
  };
}

/** The object of a sample, or all objects of a list. */
function objectsOf(value: Value, file: string): KubeObject[] {
  const items = isMap(value) && Array.isArray(value['items']) ? value['items'] : [value];
  return items.map((item) => {
    if (!isKubeObject(item))
      throw new Error(`the sample ${file} holds something that is not a Kubernetes object`);
    return item;
  });
}

function isKubeObject(value: unknown): value is KubeObject {
  if (!isMap(value)) return false;
  const { apiVersion, kind, metadata } = value;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    isMap(metadata) &&
    typeof metadata['name'] === 'string'
  );
}
