// Ctrl-K: the server finds actions and records; this asks it while somebody types, and moves the
// selection. Focus stays in the field (the combobox pattern of the ARIA Authoring Practices).
import { tinykeys } from "../built/tinykeys.js";

const WAIT_MS = 120;

class CommandPalette extends HTMLElement {
  connectedCallback() {
    this.dialog = this.querySelector("dialog");
    this.input = this.querySelector("input");
    this.list = this.querySelector("[role=listbox]");
    this.status = this.querySelector("[role=status]");
    this.list.ariaBusy = "false";
    this.input.addEventListener("input", () => this.askSoon());
    this.input.addEventListener("keydown", (event) => this.move(event));
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    for (const opener of document.querySelectorAll("[data-opens-palette]")) {
      opener.addEventListener("click", (event) => {
        event.preventDefault();
        this.open();
      });
    }
    const bindings = {
      "$mod+k": (event) => {
        event.preventDefault();
        this.open();
      },
    };
    // From a field too: nobody writes with Ctrl-K.
    this.stop = tinykeys(window, bindings, { ignore: (event) => event.repeat });
  }
  disconnectedCallback() {
    this.stop();
  }
  open() {
    if (this.dialog.open) return;
    this.input.value = "";
    this.dialog.showModal();
    this.ask();
  }
  askSoon() {
    // What was asked before is of other words, and must not answer an Enter that follows these.
    this.asked?.abort();
    this.list.ariaBusy = "true";
    this.isEntered = false;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), WAIT_MS);
  }
  async ask() {
    this.list.ariaBusy = "true";
    this.asked?.abort();
    this.asked = new AbortController();
    const address = `${this.dataset.from}?part=options&q=${encodeURIComponent(this.input.value)}`;
    try {
      const answer = await fetch(address, { signal: this.asked.signal });
      if (answer.redirected) return location.reload();
      if (!answer.ok) throw new Error(answer.statusText);
      this.list.innerHTML = await answer.text();
      const found = this.options.length;
      this.status.textContent = found ? `${found} found` : "Nothing found";
      this.select(this.options[0]);
      this.list.ariaBusy = "false";
      if (this.isEntered) this.options[0]?.click();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.list.ariaBusy = "false";
      this.list.replaceChildren();
      this.status.textContent = "The search does not answer; try again.";
    }
  }
  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }
  select(option) {
    for (const each of this.options) each.setAttribute("aria-selected", String(each === option));
    if (!option) return this.input.removeAttribute("aria-activedescendant");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
  move(event) {
    const options = this.options;
    const at = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") this.select(options[(at + 1) % options.length]);
    else if (event.key === "ArrowUp") this.select(options.at(at - 1));
    else if (event.key === "Enter" && this.list.ariaBusy === "true") this.isEntered = true;
    else if (event.key === "Enter" && options[at]) options[at].click();
    else return;
    event.preventDefault();
  }
}
customElements.define("command-palette", CommandPalette);
