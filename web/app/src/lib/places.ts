/** Addresses of places inside the app: rooms, and messages in them. Pure. */

export function roomPath(slug: string): string {
  return `/e/${encodeURIComponent(slug)}`;
}

/** The room looks the message up, and opens the thread it stands in. */
export function messagePath(slug: string, messageId: string | undefined): string {
  return messageId === undefined ? roomPath(slug) : `${roomPath(slug)}?message=${encodeURIComponent(messageId)}`;
}
