/** Two routes need no library: the path is state, links push it, the browser's buttons pop it. */
import { routeOf, type Route } from "./routes.ts";

class Router {
  route = $state.raw<Route>(routeOf(location.pathname));

  constructor() {
    addEventListener("popstate", () => {
      this.route = routeOf(location.pathname);
    });
    document.addEventListener("click", (click) => this.#follow(click));
  }

  go(path: string): void {
    history.pushState(null, "", path);
    this.route = routeOf(location.pathname);
    scrollTo(0, 0);
  }

  /** Plain clicks on links of ours stay in the page; everything else is the browser's. */
  #follow(click: MouseEvent): void {
    if (click.defaultPrevented || click.button !== 0) return;
    if (click.metaKey || click.ctrlKey || click.shiftKey || click.altKey) return;
    const link = (click.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download")) return;
    const url = new URL(link.href, location.href);
    if (url.origin !== location.origin || url.hash !== "") return;
    if (routeOf(url.pathname).page === "lost") return;
    click.preventDefault();
    this.go(url.pathname);
  }
}

export const router = new Router();
