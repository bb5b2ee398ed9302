import { $ } from "./dom.js";

// Whoever goes back to a list finds it as it was: by the browser, the crumb or its key. Its
// filters, sort and loaded rows are in its URL; where one was on it is kept here, for the tab.
const kept = () => JSON.parse(sessionStorage.getItem("back") || "{}");
const results = $("#results");
const path = location.pathname;

if (results) {
	addEventListener("pagehide", () => {
		const all = { ...kept(), [path]: { url: path + location.search, top: scrollY, left: $(".board")?.scrollLeft || 0 } };
		sessionStorage.setItem("back", JSON.stringify(all));
	});
	// The row whose page one comes back from.
	const focus = (top) => {
		const row = $(`#results a.name[href="${CSS.escape(sessionStorage.getItem("last") || "")}"]`);
		row?.focus({ preventScroll: top > 0 });
		row?.scrollIntoView({ block: "nearest" });
	};
	addEventListener("pageshow", (e) => { if (e.persisted) focus(1); });
	const was = kept()[path];
	const by = performance.getEntriesByType("navigation")[0]?.type;
	const to = sessionStorage.getItem("returning");
	sessionStorage.removeItem("returning");
	if (was?.url === path + location.search && (by === "back_forward" || to === path)) {
		scrollTo(0, was.top);
		if (was.left) $(".board").scrollLeft = was.left;
		focus(was.top);
	}
} else if ($("a.crumb")) {
	sessionStorage.setItem("last", path);
	for (const crumb of document.querySelectorAll("a.crumb")) {
		const list = crumb.pathname;
		const was = kept()[list];
		if (!was) continue;
		crumb.href = was.url;
		crumb.addEventListener("click", () => sessionStorage.setItem("returning", list));
	}
}
