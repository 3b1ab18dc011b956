/** The sign-in dialog is asked for from many places and exists once; this is how they reach it. */
class SignInPrompt {
  open = $state(false);
  #then: (() => void) | undefined;

  /** Opens the dialog; `then` runs after somebody signed in. */
  ask(then?: () => void): void {
    this.#then = then;
    this.open = true;
  }

  done(signedIn: boolean): void {
    this.open = false;
    const then = this.#then;
    this.#then = undefined;
    if (signedIn) then?.();
  }
}

export const signInPrompt = new SignInPrompt();
