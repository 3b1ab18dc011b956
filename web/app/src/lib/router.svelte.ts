/** Two routes need no library: the path is state, links push it, the browser's buttons pop it. */
import { routeOf, type Route } from "./routes.ts";

class Router {
  route = $state.raw<Route>(routeOf(location.pathname));
  #pathname = location.pathname;
  /** What the address asks of the page, such as a thread or a message. */
  search = $state(location.search);

  constructor() {
    addEventListener("popstate", () => this.#read());
    document.addEventListener("click", (click) => this.#follow(click));
  }

  go(path: string): void {
    const { pathname } = location;
    history.pushState(null, "", path);
    this.#read();
    if (location.pathname !== pathname) scrollTo(0, 0);
  }

  /** Asks something of the page that is shown; `state` tells later that we did. */
  ask(search: string, state: unknown = null): void {
    history.pushState(state, "", location.pathname + search);
    this.#read();
  }

  /** The same, without a way back to what was asked before. */
  askInstead(search: string, state: unknown = null): void {
    history.replaceState(state, "", location.pathname + search);
    this.#read();
  }

  #read(): void {
    if (location.pathname !== this.#pathname) this.route = routeOf(location.pathname);
    this.#pathname = location.pathname;
    this.search = location.search;
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
    this.go(url.pathname + url.search);
  }
}

export const router = new Router();
