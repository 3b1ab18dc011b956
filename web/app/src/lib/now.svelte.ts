/** One shared ticking time for everything on the page that shows one; it stops when nobody looks at it. */
import { createSubscriber } from "svelte/reactivity";

const TICK_MS = 250;

class Now {
  #ticking = createSubscriber((update) => {
    const timer = setInterval(update, TICK_MS);
    return () => clearInterval(timer);
  });

  get ms(): number {
    this.#ticking();
    return Date.now();
  }
}

export const now = new Now();
