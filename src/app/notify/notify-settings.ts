import { UsageError } from '../../errors.js';
import { isMap } from '../../model/value/value.js';
import { type NotifyConfig, parseNotifyConfig } from '../../notify/config/notify-config.js';
import type { SettingSource } from '../../setup/config.js';
import { settingLine } from '../config/settings-report.js';

/** Notifications of a server for which none are set up. */
const NONE: NotifyConfig = { pageUrl: null, targets: [] };
/** Faults that are named one by one. */
const MOST = 10;

/**
 * Reads the setting `notify` from the highest source that has it. Throws UsageError that names file, line and key of
 * everything that is wrong.
 */
export async function notifySettings(sources: readonly SettingSource[]): Promise<NotifyConfig> {
  const source = sources.find(({ layer }) => layer.notify !== undefined);
  if (source === undefined || !isMap(source.layer.notify)) return NONE;
  const parsed = parseNotifyConfig(source.layer.notify);
  if ('config' in parsed) return parsed.config;
  const { path } = source;
  const faults = await Promise.all(
    parsed.faults.slice(0, MOST).map(async ({ path: keys, problem }) => {
      const all = ['notify', ...keys];
      const line = path === null ? null : await settingLine(path, all);
      const where = [path, line].filter((part) => part !== null).join(':');
      return { where, setting: all.join('.').slice(0, 300), problem };
    }),
  );
  const [first, ...others] = faults.map(({ where, setting, problem }) => `${where}: ${setting}: ${problem}`);
  throw new UsageError(first ?? 'notify is not valid', {
    data: { setting: 'notify', faults },
    suggestions: [...others, 'docs/notifications.md explains each key'],
  });
}
