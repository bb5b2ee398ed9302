import { $ } from "./dom.js";
import { say } from "./say.js";

// A plain confirmation goes away by itself; one that can be undone stays longer.
const fade = () => {
	for (const toast of document.querySelectorAll(".toast:not([data-fading])")) {
		toast.dataset.fading = "";
		if (toast.closest(".gallery") || toast.getAttribute("role") === "alert") continue;
		say([...toast.querySelectorAll(":scope > span")].map((s) => s.textContent.replace(/\s+/g, " ").trim()).join(" "));
		const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
		setTimeout(leave, $("form", toast) ? 20000 : 6000);
	}
};
document.addEventListener("DOMContentLoaded", fade);
document.addEventListener("htmx:after:swap", fade);
