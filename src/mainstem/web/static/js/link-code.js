// A link from an e-mail carries its code behind the #, which no server ever sees. This puts it into
// the form and takes it out of the address; without script people copy it themselves.
class LinkCode extends HTMLElement {
  connectedCallback() {
    const code = location.hash.slice(1);
    if (!/^[\w-]{20,200}$/.test(code)) return;
    this.querySelector("input").value = code;
    this.hidden = true;
    history.replaceState(null, "", location.pathname + location.search);
  }
}
customElements.define("link-code", LinkCode);
