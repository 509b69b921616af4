/** How large the campaigns are: small as part of the tests, `CAMPAIGN=long` for hours; `CAMPAIGN_SEED` repeats one. */

export const isLong = process.env['CAMPAIGN'] === 'long';

/** The seed of this run: told in every failure, and given back through CAMPAIGN_SEED. */
export const seed = Number(process.env['CAMPAIGN_SEED'] ?? Date.now() % 1_000_000);

/** A count for the small form and one for the long form; `name` is an environment variable that overrides both. */
export function count(name: string, small: number, long: number): number {
  return Number(process.env[name] ?? (isLong ? long : small));
}
