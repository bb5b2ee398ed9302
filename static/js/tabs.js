import { $ } from "./dom.js";

// On a phone the settings' tabs scroll: to the one that is open.
$(".subnav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
