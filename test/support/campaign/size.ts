/** Size of the campaigns: small within the tests, hours with `CAMPAIGN=long`; `CAMPAIGN_SEED` repeats a run. */

export const isLong = process.env['CAMPAIGN'] === 'long';

/** The seed of this run, reported in every failure; CAMPAIGN_SEED sets it. */
export const seed = Number(process.env['CAMPAIGN_SEED'] ?? Date.now() % 1_000_000);

/** A count for the small form and one for the long form; `name` is an environment variable that overrides both. */
export function count(name: string, small: number, long: number): number {
  return Number(process.env[name] ?? (isLong ? long : small));
}
