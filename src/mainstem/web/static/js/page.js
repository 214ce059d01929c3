// What every page has. Pages work without any of it.
import "./theme-toggle.js";
import "./menu-closing.js";
import "./command-palette.js";
import "./key-bindings.js";

// Where the sidebar is a line that scrolls, the place one is at may stand beyond its end.
for (const here of document.querySelectorAll("aside [aria-current=page]")) {
  here.scrollIntoView({ block: "nearest", inline: "center" });
}
document.documentElement.classList.add("has-script");
