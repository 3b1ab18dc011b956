/** How times are written. Pure, so that the tests can hold them to it. */

/** `67:08`; past a hundred minutes the minutes simply go on. */
export function clockText(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1_000));
  const minutes = Math.floor(seconds / 60);
  return `${String(minutes).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `23'`, `45+2'`, or nothing when the feed gave no minute. */
export function minuteText(minute: number | undefined, stoppage: number | undefined): string {
  if (minute === undefined) return "";
  return stoppage ? `${minute}+${stoppage}′` : `${minute}′`;
}

/** For screen readers: "67 minutes 8 seconds". */
export function clockSpoken(elapsedMs: number): string {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1_000));
  const minutes = Math.floor(seconds / 60);
  return `${plural(minutes, "minute")} ${plural(seconds % 60, "second")}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** "in 4 s", "in 12 min", "in 3 h"; nothing once it is due. */
export function untilText(targetMs: number, nowMs: number): string {
  const seconds = Math.ceil((targetMs - nowMs) / 1_000);
  if (seconds <= 0) return "";
  if (seconds < 60) return `in ${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `in ${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `in ${hours} h` : `in ${Math.round(hours / 24)} days`;
}

export function timeOfDay(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "numeric", minute: "2-digit" });
}

/** "Today 20:45", "Tomorrow 18:00", "Sat 3 May, 15:00". */
export function whenText(at: string, nowMs: number): string {
  const date = new Date(at);
  const days = Math.round((startOfDay(date.getTime()) - startOfDay(nowMs)) / 86_400_000);
  const time = timeOfDay(at);
  if (days === 0) return `Today ${time}`;
  if (days === 1) return `Tomorrow ${time}`;
  if (days === -1) return `Yesterday ${time}`;
  const day = date.toLocaleDateString(undefined, {
    weekday: "short",
    day: "numeric",
    month: "short",
  });
  return `${day}, ${time}`;
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** 1234 → "1,234", 45_200 → "45.2K". */
export function countText(count: number): string {
  return count < 10_000
    ? count.toLocaleString("en")
    : Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(count);
}
