import { $, letter, pressed, shortcut, typing } from "./dom.js";
import { openPalette } from "./palette.js";

// Keys (the dialog #keys lists them).
let going = 0; // when g was pressed

document.addEventListener("keydown", (e) => {
	const el = e.target;
	if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
		el.closest("form")?.requestSubmit();
		return;
	}
	if (e.key === "Escape") {
		if (el.type === "search" && el.value) {
			e.preventDefault();
			el.value = "";
			el.dispatchEvent(new Event("input", { bubbles: true }));
			return;
		}
		const menu = el.closest("details.menu[open]");
		if (menu) {
			menu.open = false;
			$("summary", menu).focus();
			return;
		}
		const cancel = el.closest("form")?.querySelector("[data-cancel]");
		if (cancel) cancel.click();
		else if (typing(el)) el.blur();
		return;
	}
	if ((e.ctrlKey || e.metaKey) && e.key === "k" && $("#palette")) {
		e.preventDefault();
		openPalette("");
		return;
	}
	if (!shortcut(e) || $("dialog[open]")) return;
	const key = pressed(e);
	if (key === "/" && $("#palette")) {
		e.preventDefault();
		openPalette("");
		return;
	}
	// g, then the letter of a place.
	if (going && Date.now() - going < 1500) {
		const place = $(`[data-go="${CSS.escape(letter(e))}"]`);
		going = 0;
		if (place) {
			e.preventDefault();
			place.click();
			return;
		}
	}
	if (key === "g") {
		going = Date.now();
		return;
	}
	// On a card of a board, m moves that card.
	const card = el.closest(".card-item");
	if (key === "m" && card) {
		const move = $("[data-move]", card) || $(".move summary", card);
		if (move) {
			e.preventDefault();
			move.click();
			return;
		}
	}
	const target = key && $(`[data-key="${CSS.escape(key)}"]`);
	if (!target) return;
	e.preventDefault();
	if (typing(target)) {
		target.focus();
		target.select?.();
	} else target.click();
});
