/** Dark or light: what the system prefers, until somebody says otherwise. `public/theme.js` applies it first. */

export type Theme = "dark" | "light";
const KEY = "grandstand.theme";

const system = matchMedia("(prefers-color-scheme: light)");

class ThemeChoice {
  #chosen = $state<Theme | undefined>(read());
  #system = $state<Theme>(system.matches ? "light" : "dark");

  constructor() {
    system.addEventListener("change", () => {
      this.#system = system.matches ? "light" : "dark";
    });
  }

  get current(): Theme {
    return this.#chosen ?? this.#system;
  }

  toggle(): void {
    const next: Theme = this.current === "dark" ? "light" : "dark";
    // Choosing what the system prefers anyway is going back to following it.
    this.#chosen = next === this.#system ? undefined : next;
    if (this.#chosen) document.documentElement.dataset["theme"] = this.#chosen;
    else delete document.documentElement.dataset["theme"];
    try {
      if (this.#chosen) localStorage.setItem(KEY, this.#chosen);
      else localStorage.removeItem(KEY);
    } catch {
      // Without storage the choice lasts until the reload.
    }
  }
}

function read(): Theme | undefined {
  const value = document.documentElement.dataset["theme"];
  return value === "dark" || value === "light" ? value : undefined;
}

export const theme = new ThemeChoice();
