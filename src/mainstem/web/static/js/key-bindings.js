// Shortcuts are written where they lead: data-keys="g c" on a link or button. `?` shows the sheet.
// They are letters, so in fields they write (tinykeys leaves those alone).
import { tinykeys } from "../built/tinykeys.js";

class KeyBindings extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    const bindings = { "?": () => this.dialog.showModal(), "Shift+?": () => this.dialog.showModal() };
    for (const place of document.querySelectorAll("[data-keys]")) {
      bindings[place.dataset.keys] ??= () => this.go(place);
    }
    const guarded = Object.entries(bindings).map(([keys, act]) => [
      keys,
      (event) => {
        if (document.querySelector("dialog[open]")) return;
        event.preventDefault();
        act();
      },
    ]);
    this.stop = tinykeys(window, Object.fromEntries(guarded));
    for (const opener of document.querySelectorAll("[data-opens-shortcuts]")) {
      opener.addEventListener("click", () => this.dialog.showModal());
    }
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
  }
  disconnectedCallback() {
    this.stop();
  }
  go(place) {
    if (place.matches("input")) place.focus();
    else place.click();
  }
}
customElements.define("key-bindings", KeyBindings);
