/** A face for people without a picture: initials on a colour that is always the same for the same person. */

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] ?? "")][0] ?? "?";
  const last = words.length > 1 ? ([...(words.at(-1) ?? "")][0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

export function hueOf(id: string): number {
  let hash = 2166136261;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 16777619);
  return (hash >>> 0) % 360;
}

/** Only pictures that the content policy would load anyway; anything else falls back to initials. */
export function safeImage(url: string | undefined): string | undefined {
  return url && /^(https:\/\/|\/(?!\/))/.test(url) ? url : undefined;
}
