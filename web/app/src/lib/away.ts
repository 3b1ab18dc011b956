/**
 * Tells the room when somebody stops looking, and when they look again. A glance at another tab is not going away,
 * so leaving is told after a while and coming back at once.
 */
const AWAY_AFTER_MS = 30_000;

/** Returns how to stop watching. */
export function watchAway(tell: (status: "online" | "away") => Promise<unknown>): () => void {
  let told: "online" | "away" = "online";
  let timer: ReturnType<typeof setTimeout> | undefined;

  function say(status: "online" | "away"): void {
    if (told === status) return;
    told = status;
    // Presence is a courtesy; the stream itself says who is really here.
    tell(status).catch(() => {});
  }

  function look(): void {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => say("away"), AWAY_AFTER_MS);
    else say("online");
  }

  document.addEventListener("visibilitychange", look);
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  };
}
