import { $ } from "./dom.js";

// One live region tells those who listen what others see: it is there from the beginning, for
// one that comes with its text is often not read.
export const say = (text) => {
	const region = $("#said");
	if (!region || !text) return;
	region.textContent = "";
	setTimeout(() => { region.textContent = text; }, 50);
};
