import { $ } from "./dom.js";

// A form that waited for its person to sign in again goes on.
$("form[data-held]")?.requestSubmit();
