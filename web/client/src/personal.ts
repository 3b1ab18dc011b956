/** What belongs to a person and to no event: their notifications, whom they follow, and what is on for them. */
import type { Caller } from "./caller.ts";
import type { FeedItem, Follow, FollowKind, NoticePage, Page, StreamTicket } from "./wire.ts";

export class PersonalApi {
  readonly #caller: Caller;

  constructor(caller: Caller) {
    this.#caller = caller;
  }

  streamUrl(): string {
    return this.#caller.url("/v1/me/stream", {});
  }

  streamTicket(): Promise<StreamTicket> {
    return this.#caller.call("POST", "/v1/me/stream-tickets");
  }

  /** Newest first, going on from `before` towards the past. */
  notices(query: { limit?: number; before?: string; unread?: boolean } = {}): Promise<NoticePage> {
    return this.#caller.call("GET", "/v1/me/notifications", { query });
  }

  /** Everything up to and including one, or some by their ids; the same on all devices. */
  markRead(what: { up_to: string } | { ids: string[] }): Promise<{ unread: number }> {
    return this.#caller.call("POST", "/v1/me/notifications/read", { body: what, repeatable: true });
  }

  follows(query: { limit?: number; after?: string } = {}): Promise<Page<Follow>> {
    return this.#caller.call("GET", "/v1/me/follows", { query });
  }

  follow(kind: FollowKind, id: string, on: boolean): Promise<void> {
    return this.#caller.call(on ? "PUT" : "DELETE", `/v1/me/follows/${kind}/${encodeURIComponent(id)}`);
  }

  /** What is on now, then next, then just over, among what I follow. */
  feed(query: { limit?: number; after?: string } = {}): Promise<Page<FeedItem>> {
    return this.#caller.call("GET", "/v1/me/feed", { query });
  }
}
