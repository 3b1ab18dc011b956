/**
 * What tells a sleeping client that trying now is worthwhile: the network came back, or somebody looks at
 * the page again. Outside a browser there is nothing to hear and the network counts as there.
 */
export interface Wakeups {
  online(): boolean;
  /** Returns how to stop listening. */
  listen(wake: () => void): () => void;
}

export function browserWakeups(): Wakeups {
  const page = typeof document === "undefined" ? undefined : document;
  const view = typeof window === "undefined" ? undefined : window;
  return {
    online: () => typeof navigator === "undefined" || navigator.onLine !== false,
    listen(wake) {
      const looked = (): void => {
        if (page?.visibilityState === "visible") wake();
      };
      view?.addEventListener("online", wake);
      view?.addEventListener("pageshow", wake);
      page?.addEventListener("visibilitychange", looked);
      return () => {
        view?.removeEventListener("online", wake);
        view?.removeEventListener("pageshow", wake);
        page?.removeEventListener("visibilitychange", looked);
      };
    },
  };
}
