/**
 * Who is asking. The token lives in memory only; the HttpOnly cookie beside it is what survives a reload and
 * what scripts can't read.
 */
import { GrandstandApi, ProblemError, type Role, type User } from "@grandstand/client";

class Session {
  user = $state.raw<User | undefined>();
  role = $state<Role>("viewer");
  /** False until the first answer about the cookie; the room waits for it, so as not to open two streams. */
  known = $state(false);
  /** Moves on with every change of identity. */
  version = $state(0);
  /** False once the server said that it takes no guests: the app is then for reading. */
  guestsAllowed = $state(true);
  #token: string | undefined;

  readonly api = new GrandstandApi({ token: () => this.#token });

  get token(): string | undefined {
    return this.#token;
  }

  async load(): Promise<void> {
    try {
      const me = await this.api.me();
      this.user = me.user;
      this.role = me.role;
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
      this.user = guest.user;
      this.role = "viewer";
      this.version += 1;
      // Best effort: without the cookie everything works until the reload.
      await this.api.openSession(guest.token).catch(() => {});
    } catch (error) {
      if (error instanceof ProblemError && error.code === "guests-not-allowed") {
        this.guestsAllowed = false;
      }
      throw error;
    }
  }

  async signOut(): Promise<void> {
    await this.api.closeSession().catch(() => {});
    this.forget();
  }

  /** The server no longer knows us. */
  forget(): void {
    this.#token = undefined;
    this.user = undefined;
    this.role = "viewer";
    this.version += 1;
  }
}

export const session = new Session();
