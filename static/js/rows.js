import { pressed, shortcut } from "./dom.js";

// j and k walk through a list's rows.
document.addEventListener("keydown", (e) => {
	const key = pressed(e);
	if ((key !== "j" && key !== "k") || !shortcut(e)) return;
	const rows = [...document.querySelectorAll(".list .name, .cards .name, .tasks .name")];
	if (!rows.length) return;
	const at = rows.indexOf(document.activeElement);
	const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)));
	rows[next].focus();
});

// A click anywhere on a row opens its record; its text can be selected, and what else in it can
// be pressed does what it does.
document.addEventListener("click", (e) => {
	const row = e.target.closest(".list tbody tr");
	if (!row || e.defaultPrevented || e.target.closest("a, button, input, summary, label") || !getSelection().isCollapsed) return;
	row.querySelector("a.name")?.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window, ctrlKey: e.ctrlKey, metaKey: e.metaKey, shiftKey: e.shiftKey }));
});
