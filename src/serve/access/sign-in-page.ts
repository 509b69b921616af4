import { html } from 'hono/html';

/** Styles of the page for signing in, which comes without the files of the page that it leads to. */
export const SIGN_IN_STYLE = `:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: light-dark(#f6f7f9, #14171c);
  color: light-dark(#1b1f26, #e6e9ee); }
main { box-sizing: border-box; width: min(24rem, 100% - 2rem); padding: 2rem; border-radius: .5rem;
  background: light-dark(#fff, #1d2128); border: 1px solid light-dark(#d5d9e0, #343a45); }
h1 { margin: 0 0 1rem; font-size: 1.25rem; }
label { display: block; font-weight: 600; }
input, button { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem .75rem; border-radius: .375rem; }
input { margin: .25rem 0 1rem; border: 1px solid light-dark(#767d8a, #8a92a0); background: transparent; color: inherit; }
button { border: 0; background: light-dark(#1f5fbf, #8ab4f8); color: light-dark(#fff, #10151d); font-weight: 600; cursor: pointer; }
input:focus-visible, button:focus-visible { outline: 3px solid light-dark(#1f5fbf, #8ab4f8); outline-offset: 2px; }
p { margin: 1rem 0 0; }
[role="alert"] { margin: 0 0 1rem; color: light-dark(#a4161a, #ff9d98); }
`;

/**
 * Renders the page for signing in.
 * @param next where to go afterwards: an address of this server
 * @param fault why the last attempt failed; null for the first one
 */
export function signInPage(next: string, fault: string | null) {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Sign in · kgit</title>
    <link rel="stylesheet" href="/sign-in.css">
  </head>
  <body>
    <main>
      <h1>kgit</h1>
      <form method="post" action="/sign-in">
        ${fault === null ? '' : html`<p role="alert">${fault}</p>`}
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
        <input type="hidden" name="next" value="${next}">
        <button>Sign in</button>
      </form>
      <p>Whoever runs this server has the token.</p>
    </main>
  </body>
</html>
`;
}
