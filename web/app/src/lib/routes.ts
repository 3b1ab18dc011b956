/** Which page a path means. Pure; `router.svelte.ts` keeps the current one. */

export type Route = { page: "home" } | { page: "personas" } | { page: "event"; slug: string } | { page: "lost" };

export function routeOf(pathname: string): Route {
  if (pathname === "/" || pathname === "/index.html") return { page: "home" };
  if (/^\/personas\/?$/.test(pathname)) return { page: "personas" };
  const match = /^\/e\/([^/]+)\/?$/.exec(pathname);
  if (!match?.[1]) return { page: "lost" };
  try {
    return { page: "event", slug: decodeURIComponent(match[1]) };
  } catch {
    return { page: "lost" };
  }
}

