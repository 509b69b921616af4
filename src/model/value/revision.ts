/** A revision in full, of whatever driver: printable characters without blanks. */
export const REVISION = /^[!-~]{1,200}$/;
