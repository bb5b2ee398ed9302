import { $ } from "./dom.js";

// One live region tells those who listen what others see: it is there from the beginning, for
// one that comes with its text is often not read. What comes at
// once is said together.
let texts = [];
export const say = (text) => {
	const region = $("#said");
	if (!region || !text || texts.push(text) > 1) return;
	region.textContent = "";
	setTimeout(() => {
		region.textContent = texts.join(". ");
		texts = [];
	}, 50);
};
