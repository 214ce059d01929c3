// What every page has. Pages work without any of it.
import "./theme-toggle.js";
import "./menu-closing.js";
import "./command-palette.js";
import "./key-bindings.js";

document.documentElement.classList.add("has-script");
