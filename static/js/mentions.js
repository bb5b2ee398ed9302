import { $, fold } from "./dom.js";

// Mentions: @ and a letter offer the members' names, which are asked for once somebody writes.
const names = {};
document.addEventListener("focusin", async (e) => {
	const from = e.target.dataset?.mentions;
	if (!from || names[from]) return;
	try {
		const answer = await fetch(from);
		if (answer.ok && !answer.redirected) names[from] = (await answer.text()).split("\n").map((l) => l.split("\t"));
		if (names[from]) offer(e.target); // who types fast is not left without
	} catch { /* offline: the next time */ }
});
const offer = (el) => {
	const typed = /(?:^|[^\p{L}\p{N}]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])@([\p{L}\p{M}\p{N}'’. -]{1,30})$/u.exec(el.value.slice(0, el.selectionStart));
	const begins = (n) => [n.toLowerCase(), fold(n)].some((t) => [typed[1].toLowerCase(), fold(typed[1])].some((w) => t.startsWith(w)));
	const found = typed ? (names[el.dataset.mentions] || []).filter((l) => l.some(begins) && l[0].length > typed[1].length).map((l) => l[0]).slice(0, 6) : [];
	let box = $("#mentions-box");
	if (!found.length) return box?.remove();
	if (!box) {
		box = document.createElement("div");
		box.id = "mentions-box";
		box.className = "popover mention-box";
		el.after(box);
	}
	box.replaceChildren(...found.map((name) => {
		const option = document.createElement("button");
		option.type = "button";
		option.className = "option";
		option.textContent = name;
		option.addEventListener("click", () => {
			const end = el.selectionStart;
			el.setRangeText(`${name} `, end - typed[1].length, end, "end");
			box.remove();
			el.focus();
		});
		return option;
	}));
};
document.addEventListener("input", (e) => { if (e.target.matches("textarea[data-mentions]")) offer(e.target); });
document.addEventListener("keydown", (e) => {
	const box = $("#mentions-box");
	if (!box) return;
	const options = [...box.children];
	const at = options.indexOf(document.activeElement);
	if (e.key === "ArrowDown") options[Math.min(at + 1, options.length - 1)].focus();
	else if (e.key === "ArrowUp" && at > 0) options[at - 1].focus();
	else if (e.key === "Enter" && at < 0 && e.target.matches("textarea")) options[0].click();
	else if (e.key === "Escape") {
		box.remove();
		e.stopPropagation();
	} else return;
	e.preventDefault();
}, true);
