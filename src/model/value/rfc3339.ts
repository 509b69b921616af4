const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** Parses RFC 3339 to ms since the epoch, negative before 1970; null for any other text, including dates that do not exist. */
export function rfc3339Time(input: string): number | null {
  const match = RFC_3339.exec(input);
  if (!match) return null;
  const [month, day] = [Number(match[2]), Number(match[3])];
  const days = day <= 28 ? day : new Date(Date.UTC(Number(match[1]), month, 0)).getUTCDate();
  const time = Date.parse(/[ tz]/.test(input) ? input.replace(' ', 'T').toUpperCase() : input);
  return Number.isNaN(time) || month < 1 || month > 12 || day < 1 || day > days ? null : time;
}

/** As rfc3339Time, for event times: also null before 1970, which no id can hold. */
export function parseRfc3339(input: string): number | null {
  const time = rfc3339Time(input);
  return time === null || time < 0 ? null : time;
}

/** Why a text cannot be the time of an event, as a predicate of a message; null if it can. */
export function rfc3339Fault(input: string): string | null {
  const time = rfc3339Time(input);
  if (time === null) return 'is not an RFC 3339 time such as 2025-07-11T14:30:00Z';
  return time < 0 ? 'lies before 1970, which the id of an event cannot hold' : null;
}
