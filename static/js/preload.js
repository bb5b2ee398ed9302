// What a link leads to is asked for as somebody is about to follow it: when the pointer rests on
// it, or a finger comes down. Browsers with speculation rules do so by themselves (see the
// header of that name); for others it is kept for a few seconds.
const ours = /^\/($|(customers|contacts|leads|deals|projects|tasks|trash)($|[/?]))/;
const asked = new Set();
let timer;
const preload = (link) => {
	if (asked.has(link.href) || link.origin !== location.origin || !ours.test(link.pathname) || link.hash || link.download || link.target) return;
	asked.add(link.href);
	const hint = document.createElement("link");
	hint.rel = "prefetch";
	hint.href = link.href;
	document.head.append(hint);
};
if (!HTMLScriptElement.supports?.("speculationrules") && !navigator.connection?.saveData) {
	document.addEventListener("pointerover", (e) => {
		clearTimeout(timer);
		const link = e.target.closest?.("a[href]");
		if (link && e.pointerType === "mouse") timer = setTimeout(preload, 120, link);
	});
	document.addEventListener("touchstart", (e) => {
		const link = e.target.closest?.("a[href]");
		if (link) preload(link);
	}, { passive: true });
}
