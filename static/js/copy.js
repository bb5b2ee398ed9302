import { $ } from "./dom.js";
import { say } from "./say.js";

// A button copies the text of what it names.
document.addEventListener("click", async (e) => {
	const button = e.target.closest("[data-copy]");
	if (!button) return;
	const field = $(button.dataset.copy);
	field.select();
	try {
		await navigator.clipboard.writeText(field.value);
	} catch {
		document.execCommand("copy"); // without https there is no clipboard
	}
	button.textContent = "Copied";
	say("Copied");
});
