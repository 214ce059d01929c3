// The theme follows the system until somebody chooses; the choice is a cookie, so that the server
// renders it and no page flashes. Without script there is no button, and the system decides.
class ThemeToggle extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", () => this.toggle());
  }
  toggle() {
    const root = document.documentElement;
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dusk"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "dawn" : "dusk";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
  }
}
customElements.define("theme-toggle", ThemeToggle);
