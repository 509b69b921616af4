/** The generated parts of a page stand between `<!-- begin NAME -->` and `<!-- end NAME -->`. */
function frame(name: string): [string, string] {
  return [`<!-- begin ${name}: written by npm run docs -->`, `<!-- end ${name} -->`];
}

/** The page with its part `name` replaced. Throws Error if there is no such part. */
export function withRegion(page: string, name: string, content: string): string {
  const [begin, end] = frame(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`there is no part '${name}': it begins with '${begin}'`);
  return `${page.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${page.slice(to)}`;
}
