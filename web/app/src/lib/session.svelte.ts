/**
 * Who is asking. The token lives in memory only; the HttpOnly cookie beside it is what survives a reload and
 * what scripts can't read.
 */
import { forgetUnsent, GrandstandApi, ProblemError, type Role, type User } from "@grandstand/client";

class Session {
  user = $state.raw<User | undefined>();
  role = $state<Role>("viewer");
  /** False until the first answer about the cookie; the room waits for it, so as not to open two streams. */
  known = $state(false);
  /** Moves on with every change of identity. */
  version = $state(0);
  /** False once the server said that it takes no guests: the app is then for reading. */
  guestsAllowed = $state(true);
  /** Names the credential without telling it: tabs with the same one may share what only its owner may see. */
  credential = "nobody";
  #token: string | undefined;
  /** Tabs tell each other that the cookie they share has changed. */
  readonly #others = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("grandstand/session");

  constructor() {
    if (this.#others) this.#others.onmessage = () => void this.#reload();
  }

  readonly api = new GrandstandApi({ token: () => this.#token });

  get token(): string | undefined {
    return this.#token;
  }

  async load(): Promise<void> {
    try {
      const me = await this.api.me();
      this.#is(me.user, me.role, me.expires_at);
    } catch (error) {
      // Nobody signed in, or no server yet: both are read-only and sorted out later. But a cookie that is no longer
      // good would have every request refused, even those that anybody may make.
      const stale = error instanceof ProblemError && error.code.startsWith("token-");
      if (stale) await this.api.closeSession().catch(() => {});
    } finally {
      this.known = true;
    }
  }

  async signIn(name: string): Promise<void> {
    try {
      const guest = await this.api.signInAsGuest(name);
      this.#token = guest.token;
      this.#is(guest.user, "viewer", guest.expires_at);
      this.version += 1;
      // Best effort: without the cookie everything works until the reload.
      await this.api.openSession(guest.token).catch(() => {});
      this.#others?.postMessage("changed");
    } catch (error) {
      if (error instanceof ProblemError && error.code === "guests-not-allowed") {
        this.guestsAllowed = false;
      }
      throw error;
    }
  }

  async signOut(): Promise<void> {
    if (this.user) forgetUnsent(this.user.id);
    await this.api.closeSession().catch(() => {});
    this.forget();
    this.#others?.postMessage("changed");
  }

  #is(user: User, role: Role, expiresAt: string | undefined): void {
    this.user = user;
    this.role = role;
    // Tokens of one person differ in when they end, to the second.
    this.credential = `${user.id}/${expiresAt === undefined ? "" : Math.floor(Date.parse(expiresAt) / 1_000)}`;
  }

  /** Another tab signed in or out: one browser is one person. */
  async #reload(): Promise<void> {
    const before = this.credential;
    this.#token = undefined;
    this.#isNobody();
    await this.load();
    if (this.credential !== before) this.version += 1;
  }

  /** The server no longer knows us. */
  forget(): void {
    this.#token = undefined;
    this.#isNobody();
    this.version += 1;
  }

  #isNobody(): void {
    this.user = undefined;
    this.role = "viewer";
    this.credential = "nobody";
  }
}

export const session = new Session();
