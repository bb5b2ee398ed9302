// What HTML cannot do by itself, a file for each behaviour. Everything here is a
// convenience: each page works without it. Listeners sit on document, so swapped-in
// parts need none.
import "./zone.js";
import "./proof.js";
import "./palette.js";
import "./keys.js";
import "./rows.js";
import "./dialogs.js";
import "./menus.js";
import "./slug.js";
import "./waiting.js";
import "./unsaved.js";
import "./toasts.js";
import "./results.js";
import "./offline.js";
import "./focus.js";
import "./clock.js";
import "./board.js";
import "./combobox.js";
import "./copy.js";
import "./mentions.js";
import "./walk.js";
import "./again.js";
import "./back.js";
import "./tabs.js";
import "./reminders.js";
import "./live.js";
import "./member.js";
import "./preload.js";
import "./held.js";
import "./passkeys.js";
