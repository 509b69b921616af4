const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** The time of an RFC 3339 text in ms since the epoch; null for any other text, dates that do not exist included. */
export function parseRfc3339(input: string): number | null {
  const match = RFC_3339.exec(input);
  if (!match) return null;
  const [, year, month, day] = match.map(Number) as [number, number, number, number];
  const days = day <= 28 ? day : new Date(Date.UTC(year, month, 0)).getUTCDate();
  const time = Date.parse(input.replace(' ', 'T').toUpperCase());
  return Number.isNaN(time) || time < 0 || month < 1 || month > 12 || day < 1 || day > days ? null : time;
}
