import { $ } from "./dom.js";
import { say } from "./say.js";

// What a filter leaves and a search finds is said too.
document.addEventListener("htmx:after:swap", (e) => {
	const id = e.detail.ctx?.target?.id;
	const count = $("#count"); // a board of stages has none
	if (id === "results" && count) say(`${count.firstChild.textContent.trim() || 0} in this list`);
	if (id === "found" || id === "palette-results") {
		const n = document.querySelectorAll(`#${id} .rows li`).length;
		say(n === 1 ? "One result" : `${n} results`);
	}
});
