import { $ } from "./dom.js";

// The palette: search and commands from anywhere.
export const openPalette = (text) => {
	const dialog = $("#palette");
	const input = $("input[type=search]", dialog);
	if (!dialog.open) dialog.showModal();
	input.value = text;
	input.focus();
	const ask = () => htmx.trigger($("form", dialog), "opened");
	ask();
	if (document.readyState !== "complete") document.addEventListener("DOMContentLoaded", ask, { once: true }); // opened before HTMX listens
};
document.addEventListener("click", (e) => { // by Tab it is a search field like any other
	if (e.target.matches("[data-palette]")) openPalette(e.target.value);
});
document.addEventListener("keydown", (e) => {
	const dialog = e.target.closest("#palette");
	if (!dialog) return;
	const links = [...dialog.querySelectorAll(".rows a")];
	const at = links.indexOf(document.activeElement);
	if (e.key === "ArrowDown" || e.key === "ArrowUp") {
		e.preventDefault();
		const next = at + (e.key === "ArrowDown" ? 1 : -1);
		(next < 0 ? $("input[type=search]", dialog) : links[Math.min(next, links.length - 1)])?.focus();
	}
});
// Enter opens the first hit of what is typed: where the answer to it is still on
// its way, once it is there.
let entered = false;
const openFirst = () => {
	const input = $("#palette input[type=search]");
	if ($("#palette .found")?.dataset.query !== input.value.trim()) return;
	entered = false;
	const first = $("#palette .rows a");
	if (first) first.click();
	else input.form.submit(); // to the page that says so
};
document.addEventListener("submit", (e) => {
	if (!e.target.closest("#palette")) return;
	e.preventDefault();
	if (!$("#palette input[type=search]").value.trim()) return;
	entered = true;
	openFirst();
}, true);
document.addEventListener("input", (e) => { if (e.target.closest("#palette")) entered = false; });
document.addEventListener("htmx:after:swap", () => { if (entered) openFirst(); });
document.addEventListener("click", (e) => { if (e.target.id === "palette") e.target.close(); }); // its backdrop
