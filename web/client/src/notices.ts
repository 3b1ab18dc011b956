/**
 * My notifications as one value: how many are unread, and the newest of them. The stream tells of each; what is older is
 * asked for page by page.
 */
import type { Frame } from "./frame.ts";
import type { MeFrames, Notice } from "./wire.ts";

export interface NoticesState {
  readonly ready: boolean;
  readonly unread: number;
  /** Newest first. */
  readonly latest: readonly Notice[];
}

/** As many as a server keeps for somebody. */
export const KEEP_NOTICES = 500;
/** A snapshot for those who come late is no longer than the server's. */
const TOLD = 20;

export const emptyNotices: NoticesState = { ready: false, unread: 0, latest: [] };

type MeFrame = { [K in keyof MeFrames]: { type: K; data: MeFrames[K] } }[keyof MeFrames];

export function foldNotices(state: NoticesState, frame: Frame): NoticesState {
  const { type, data } = frame as unknown as MeFrame;
  switch (type) {
    case "me.snapshot":
      return { ready: true, unread: data.unread, latest: newestFirst(data.latest) };
    case "notification.created":
      return { ...withNotices(state, [data.notification]), unread: data.unread };
    case "notifications.read": {
      const { up_to: upTo } = data;
      const isRead = (notice: Notice): boolean => data.unread === 0 || (upTo !== undefined && notice.id <= upTo);
      return { ...withRead(state, isRead, frame.at), unread: data.unread };
    }
    default:
      return state;
  }
}

/** The newest page as the server has it: what is no longer in it is gone, what lies before it stays. */
export function withNewest(state: NoticesState, page: readonly Notice[], unread: number): NoticesState {
  const oldest = page.at(-1)?.id;
  const older = oldest === undefined ? [] : state.latest.filter((known) => known.id < oldest);
  return { ready: true, unread, latest: [...page, ...older] };
}

/** Puts some in; one that is here already is replaced. */
export function withNotices(state: NoticesState, notices: readonly Notice[]): NoticesState {
  const fresh = new Set(notices.map((notice) => notice.id));
  const others = state.latest.filter((known) => !fresh.has(known.id));
  return { ...state, latest: newestFirst([...notices, ...others]).slice(0, KEEP_NOTICES) };
}

/** Notes as read what `isRead` says, as the answer or the stream confirmed it. */
export function withRead(
  state: NoticesState,
  isRead: (notice: Notice) => boolean,
  at = new Date().toISOString(),
): NoticesState {
  const latest = state.latest.map((notice) =>
    notice.read_at === undefined && isRead(notice) ? { ...notice, read_at: at } : notice,
  );
  return { ...state, latest };
}

/** For those who come late: the newest of it as one frame. */
export function noticesFrame(state: NoticesState): Frame | undefined {
  if (!state.ready) return undefined;
  const data = { unread: state.unread, latest: state.latest.slice(0, TOLD) };
  return { type: "me.snapshot", data } as unknown as Frame;
}

/** Ids rise with time, so that order needs no clock. */
function newestFirst(notices: readonly Notice[]): Notice[] {
  return [...notices].sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
}
