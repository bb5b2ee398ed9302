import { $ } from "./dom.js";

// Previous and next record of the list one came from.
const list = [...document.querySelectorAll(".list .name, .cards .name")].map((a) => a.getAttribute("href"));
if (list.length) sessionStorage.setItem("list", JSON.stringify(list));
const walk = $("[data-walk]");
if (walk) {
	const known = JSON.parse(sessionStorage.getItem("list") || "[]");
	const at = known.indexOf(location.pathname);
	for (const [key, label, href] of [["[", "Previous", known[at - 1]], ["]", "Next", known[at + 1]]]) {
		if (at < 0 || !href) continue;
		const a = document.createElement("a");
		a.className = "button quiet square";
		a.href = href;
		a.dataset.key = key;
		a.title = `${label} (${key})`;
		a.setAttribute("aria-label", `${label} record`);
		a.textContent = key === "[" ? "‹" : "›";
		walk.append(a);
	}
}
