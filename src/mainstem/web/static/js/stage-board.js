// Moves cards between lanes: by dragging, or by keyboard (Space takes a card, arrows move it, Space
// puts it down, Escape puts it back). The server is asked, and what it answers is shown.
class StageBoard extends HTMLElement {
  connectedCallback() {
    this.status = this.querySelector("[role=status]");
    this.addEventListener("keydown", (event) => this.press(event));
    this.addEventListener("dragstart", (event) => this.lift(event));
    this.addEventListener("dragover", (event) => this.hover(event));
    this.addEventListener("drop", (event) => this.drop(event));
    this.addEventListener("dragend", () => this.release());
  }
  get lanes() {
    return [...this.querySelectorAll("[data-stage]")];
  }
  say(text) {
    this.status.textContent = text;
  }
  press(event) {
    const card = event.target.closest("[data-card]");
    if (!card || event.target !== card) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const along = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (event.key === " ") this.held ? this.putDown(card) : this.take(card);
    else if (event.key === "Escape" && this.held) this.putBack(card);
    else if (step && this.held) this.shift(card, step);
    else if (step) this.lanes.at((this.lanes.indexOf(card.closest("[data-stage]")) + step) % this.lanes.length).querySelector("[data-card]")?.focus();
    else if (event.key === "Enter" && !this.held) card.querySelector("a").click();
    else if (along && !this.held) card[along]?.focus();
    else return;
    event.preventDefault();
  }
  take(card) {
    this.held = { lane: card.closest("[data-stage]"), before: card.nextElementSibling };
    card.classList.add("is-held");
    this.say(`${card.dataset.name} taken from ${this.held.lane.dataset.stage}. Arrows move it, Space puts it down, Escape puts it back.`);
  }
  shift(card, step) {
    const lanes = this.lanes;
    const lane = lanes[lanes.indexOf(card.closest("[data-stage]")) + step];
    if (!lane) return;
    lane.querySelector("ul").prepend(card);
    card.focus();
    this.say(`${card.dataset.name} over ${lane.dataset.stage}.`);
  }
  putBack(card) {
    this.held.lane.querySelector("ul").insertBefore(card, this.held.before);
    this.letGo(card);
    card.focus();
    this.say(`${card.dataset.name} is back in ${card.closest("[data-stage]").dataset.stage}.`);
  }
  putDown(card) {
    const { lane: from } = this.held;
    const to = card.closest("[data-stage]");
    if (from === to) return this.putBack(card);
    this.letGo(card, { keepsPlace: true });
    this.move(card, from, to);
  }
  letGo(card) {
    card.classList.remove("is-held");
    this.held = undefined;
  }
  lift(event) {
    this.dragged = event.target.closest("[data-card]");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", this.dragged?.dataset.name ?? "");
  }
  hover(event) {
    const lane = event.target.closest("[data-stage]");
    if (!this.dragged || !lane) return;
    event.preventDefault();
    for (const each of this.lanes) each.classList.toggle("is-over", each === lane);
  }
  drop(event) {
    const lane = event.target.closest("[data-stage]");
    const from = this.dragged?.closest("[data-stage]");
    if (!lane || !from || lane === from) return;
    event.preventDefault();
    lane.querySelector("ul").prepend(this.dragged);
    this.move(this.dragged, from, lane);
  }
  release() {
    this.dragged = undefined;
    for (const each of this.lanes) each.classList.remove("is-over");
  }
  async move(card, from, to) {
    const body = new URLSearchParams({ stage: to.dataset.stage, from: from.dataset.stage, part: "board" });
    const answer = await fetch(`/clients/${card.dataset.card}/stage`, { method: "POST", body }).catch(() => null);
    if (answer?.redirected) return location.reload();
    const text = answer ? await answer.text() : "";
    if (answer && (answer.ok || answer.status === 409)) this.show(text, card.dataset.card);
    else from.querySelector("ul").prepend(card);
    this.say(answer?.ok ? `${card.dataset.name} moved to ${to.dataset.stage}.` : `${card.dataset.name} was not moved; ${answer?.status === 409 ? "somebody else moved it meanwhile." : "try again."}`);
  }
  show(text, id) {
    const board = new DOMParser().parseFromString(text, "text/html").querySelector(".board");
    if (!board) return location.reload();
    this.querySelector(".board").replaceWith(board);
    this.querySelector(`[data-card="${id}"]`)?.focus();
  }
}
customElements.define("stage-board", StageBoard);
